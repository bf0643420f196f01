// Excel's files: a sheet becomes a delimited file beside it, which is then read like any other.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/excel/sheet_reader.h"
#include "quern/data/excel/workbook.h"
#include "quern/data/excel/zip_file.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

constexpr uint64_t kSheetBytesMax = uint64_t{16} << 30;  // unpacked
constexpr size_t kHeadRows = 50;                         // looked at to find the header

// What a first pass over a sheet finds.
struct Extent {
    std::vector<SheetRow> head;
    std::vector<bool> is_used;                           // columns, below the head
    std::map<int64_t, std::vector<MergedCells>> merged;  // by their first row
    size_t merged_count = 0;
    int64_t error_count = 0, unknown_count = 0;
};

// Where the table stands in the sheet.
struct Area {
    int64_t first_row = 1, header_rows = 0;  // header_rows: those that become one
    std::vector<int64_t> columns;            // of the sheet, those with a value
};

// Texts of the first cells of merged ones go down to the rows they reach.
class Filling {
public:
    explicit Filling(const Extent& extent) : merged_(extent.merged) {}

    void fill(SheetRow& row) {
        for (auto at = merged_.begin(); at != merged_.end() && at->first <= row.number;
             at = merged_.erase(at)) {
            for (const MergedCells& cells : at->second) open_.push_back({cells, {}});
        }
        std::erase_if(open_, [&](const Open& one) { return one.cells.last_row < row.number; });
        for (Open& one : open_) {
            const auto found =
                std::ranges::lower_bound(row.cells, one.cells.first_column, {}, &SheetCell::column);
            const bool is_there =
                found != row.cells.end() && found->column == one.cells.first_column;
            if (row.number == one.cells.first_row) {
                if (is_there) one.text = found->text;
            } else if (!is_there && !one.text.empty()) {
                row.cells.insert(found, {one.cells.first_column, one.text});
            }
        }
    }

private:
    struct Open {
        MergedCells cells;
        std::string text;
    };
    std::map<int64_t, std::vector<MergedCells>> merged_;
    std::vector<Open> open_;
};

class Sheet {
public:
    static Result<Sheet> open(const StageRequest& request);
    Status write(StageRequest& request);  // as a delimited file

    const std::string& path() const { return path_; }
    const std::vector<int64_t>& rows() const { return rows_; }  // of the sheet, by record
    bool joins_header() const { return area_.header_rows > 0; }

private:
    Sheet(ZipFile zip, Workbook book) : zip_(std::move(zip)), book_(std::move(book)) {}

    Status choose(const StageRequest& request);
    Result<SheetReader> reader(const project::Source& source) const;
    Result<Extent> look(const project::Source& source) const;
    Status find_area(const project::Source& source, const Extent& extent);
    void tell(const Extent& extent, std::vector<std::string>& notes) const;
    void append_header(const Extent& extent, std::string& out) const;
    void append_row(const SheetRow& row, std::string& out) const;

    ZipFile zip_;
    Workbook book_;
    Workbook::Sheet chosen_;
    Area area_;
    std::string path_;
    std::vector<int64_t> rows_;
    std::vector<std::string> notes_;
};

void append_field(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) out += c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1);
    out += '"';
}

Result<Sheet> Sheet::open(const StageRequest& request) {
    constexpr std::string_view kOldMark = "\xD0\xCF\x11\xE0";
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(request.path.c_str(), "rb"),
                                                         &std::fclose);
    char mark[kOldMark.size()] = {};
    if (file != nullptr && std::fread(mark, 1, sizeof mark, file.get()) == sizeof mark &&
        std::string_view(mark, sizeof mark) == kOldMark) {
        return invalid_argument("protected by a password, or a file of Excel before 2007 (.xls)")
            .at(request.name)
            .hint("save it as .xlsx, without a password");
    }
    auto zip = TRY(ZipFile::open(request.path, request.name));
    auto book = TRY(read_workbook(zip));
    Sheet sheet(std::move(zip), std::move(book));
    TRY(sheet.choose(request));
    return sheet;
}

Status Sheet::choose(const StageRequest& request) {
    const auto& wanted = request.source.sheet;
    std::vector<std::string_view> names;
    for (const auto& sheet : book_.sheets) names.push_back(sheet.name);
    const auto found = std::ranges::find_if(book_.sheets, [&](const Workbook::Sheet& sheet) {
        return wanted.empty() ? !sheet.is_hidden : sheet.name == wanted;
    });
    if (found == book_.sheets.end() && !wanted.empty()) {
        return unknown_name("sheet", wanted, names).at(request.name);
    }
    chosen_ = found == book_.sheets.end() ? book_.sheets.front() : *found;
    if (!wanted.empty() || book_.sheets.size() == 1) return {};
    std::string others;
    for (const auto& sheet : book_.sheets) {
        if (sheet.part != chosen_.part) others += (others.empty() ? "" : ", ") + sheet.name;
    }
    notes_.push_back("sheet '" + chosen_.name + "' is read; `sheet:` chooses another: " + others);
    return {};
}

Result<SheetReader> Sheet::reader(const project::Source& source) const {
    auto bytes = TRY(zip_.stream(chosen_.part, kSheetBytesMax));
    return SheetReader(XmlReader(std::move(bytes), zip_.name() + " (" + chosen_.name + ")"), book_,
                       {.decimal_separator = source.decimal_separator,
                        .date_format = source.date_format,
                        .timestamp_format = source.timestamp_format});
}

Result<Extent> Sheet::look(const project::Source& source) const {
    auto cells = TRY(reader(source));
    Extent extent;
    SheetRow row;
    while (TRY(cells.next(row))) {
        if (row.number <= source.skip_lines) continue;
        if (extent.head.size() < kHeadRows) {
            extent.head.push_back(row);
            continue;
        }
        const auto width = static_cast<size_t>(row.cells.back().column) + 1;
        if (extent.is_used.size() < width) extent.is_used.resize(width);
        for (const auto& cell : row.cells) extent.is_used[static_cast<size_t>(cell.column)] = true;
    }
    for (const auto& merged : cells.merged()) extent.merged[merged.first_row].push_back(merged);
    extent.merged_count = cells.merged().size();
    extent.error_count = cells.error_count();
    extent.unknown_count = cells.unknown_count();
    return extent;
}

// A row with a single value above wider ones is a title of the sheet.
Status Sheet::find_area(const project::Source& source, const Extent& extent) {
    const auto& head = extent.head;
    if (head.empty()) {
        return invalid_argument("the sheet '" + chosen_.name + "' holds no values")
            .at(zip_.name())
            .hint("a row of column names is enough");
    }
    size_t first = 0;
    area_.header_rows = source.header_rows;
    if (area_.header_rows == 0 && source.has_header.value_or(true) && source.names.empty()) {
        while (first + 1 < head.size() && head[first].cells.size() == 1 &&
               head[first + 1].cells.size() > 1) {
            notes_.push_back("row " + std::to_string(head[first].number) + " '" +
                             head[first].cells[0].text + "' is a title: left out");
            ++first;
            break;
        }
    }
    area_.first_row = head[first].number;
    std::vector<bool> is_used = extent.is_used;
    for (size_t i = first; i < head.size(); ++i) {
        for (const auto& cell : head[i].cells) {
            const auto column = static_cast<size_t>(cell.column);
            if (is_used.size() <= column) is_used.resize(column + 1);
            is_used[column] = true;
        }
    }
    for (size_t i = 0; i < is_used.size(); ++i) {
        if (is_used[i]) area_.columns.push_back(static_cast<int64_t>(i));
    }
    return {};
}

void Sheet::tell(const Extent& extent, std::vector<std::string>& notes) const {
    const auto say = [&](std::string text) {
        notes.push_back(zip_.name() + ": " + std::move(text));
    };
    for (const auto& note : notes_) say(note);
    if (extent.merged_count > 0) {
        say(plural(static_cast<int64_t>(extent.merged_count), "group") +
            " of merged cells: the value goes to each row of a group" +
            (extent.merged.begin()->first == area_.first_row && area_.header_rows == 0
                 ? "; where names stand in two rows, set header_rows: 2"
                 : ""));
    }
    if (extent.error_count > 0) {
        say(plural(extent.error_count, "cell") +
            " with an error of Excel (#N/A and the like): "
            "read as missing");
    }
    if (extent.unknown_count > 0) {
        say(plural(extent.unknown_count, "formula") +
            " without a stored value: read as missing; open and save the file in Excel");
    }
}

// Names in several rows become one: "2023" above "q1" is "2023 q1".
void Sheet::append_header(const Extent& extent, std::string& out) const {
    std::map<int64_t, std::string> names;
    for (const auto& row : extent.head) {
        if (row.number < area_.first_row) continue;
        if (row.number >= area_.first_row + area_.header_rows) break;
        std::map<int64_t, std::string> texts;
        for (const auto& cell : row.cells) texts[cell.column] = cell.text;
        const auto merged = extent.merged.find(row.number);
        if (merged != extent.merged.end()) {
            for (const MergedCells& cells : merged->second) {
                const auto text = texts.find(cells.first_column);
                if (text == texts.end()) continue;
                const std::string name = text->second;
                for (auto i = cells.first_column; i <= cells.last_column; ++i) texts[i] = name;
            }
        }
        for (const auto& [column, text] : texts) {
            std::string& name = names[column];
            name += (name.empty() ? "" : " ") + text;
        }
    }
    for (const int64_t column : area_.columns) {
        if (column != area_.columns.front()) out += ',';
        append_field(names[column], out);
    }
    out += '\n';
}

void Sheet::append_row(const SheetRow& row, std::string& out) const {
    auto cell = row.cells.begin();
    for (const int64_t column : area_.columns) {
        if (column != area_.columns.front()) out += ',';
        while (cell != row.cells.end() && cell->column < column) ++cell;
        if (cell != row.cells.end() && cell->column == column) append_field(cell->text, out);
    }
    out += '\n';
}

Status Sheet::write(StageRequest& request) {
    const project::Source& source = request.source;
    const Extent extent = TRY(look(source));
    TRY(find_area(source, extent));
    tell(extent, request.notes);
    path_ = join_path(request.folder, "sheet_XXXXXX");
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) return system_error(errno, "create a temporary file in", request.folder);
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(descriptor, "wb"), &std::fclose);
    auto cells = TRY(reader(source));
    Filling filling(extent);
    std::string out;
    if (joins_header()) append_header(extent, out);
    const auto flush = [&]() -> Status {
        const bool is_written = std::fwrite(out.data(), 1, out.size(), file.get()) == out.size();
        if (!is_written) return system_error(errno, "write", path_);
        out.clear();
        return {};
    };
    constexpr size_t kOutBytes = 1 << 20;
    SheetRow row;
    while (TRY(cells.next(row))) {
        if (row.number <= source.skip_lines || row.number < area_.first_row) continue;
        filling.fill(row);
        if (row.number < area_.first_row + area_.header_rows) continue;
        rows_.push_back(row.number);
        append_row(row, out);
        if (out.size() > kOutBytes) TRY(flush());
        if (request.is_sample && static_cast<int64_t>(rows_.size()) > source.sample_rows) break;
    }
    TRY(flush());
    if (std::fclose(file.release()) != 0) return system_error(errno, "write", path_);
    return {};
}

// How the delimited file is written, whatever the source says about others.
project::Source delimited_source(const Sheet& sheet, const project::Source& source) {
    project::Source plain = source;
    plain.format.clear();
    plain.compression = "none";
    plain.encoding = "utf-8";
    plain.delimiter = ",";
    plain.quote = plain.escape = "\"";
    plain.comment.clear();
    plain.skip_lines = 0;
    plain.line_bytes_max = 1 << 30;
    if (sheet.joins_header()) plain.has_header = true;
    return plain;
}

Result<Staged> stage_xlsx(StageRequest& request) {
    auto sheet = TRY(Sheet::open(request));
    TRY(sheet.write(request));
    const project::Source plain = delimited_source(sheet, request.source);
    StageRequest inner{.session = request.session,
                       .source = plain,
                       .path = sheet.path(),
                       .name = request.name,
                       .folder = request.folder,
                       .is_sample = request.is_sample,
                       .finds_types = request.finds_types,
                       .wants_copy = request.wants_copy,
                       .quarantine = request.quarantine,
                       .known = request.known,
                       .notes = request.notes};
    Staged staged = TRY(stage_delimited(inner, ","));
    // Records of the file beside it are rows of the sheet.
    const auto header =
        static_cast<int64_t>(sheet.rows().size()) - staged.row_count - staged.rejected_count;
    staged.locate =
        [inside = staged.locate, rows = sheet.rows(),
         header](const std::vector<int64_t>& numbers) -> Result<std::vector<Staged::Origin>> {
        auto origins = TRY(inside(numbers));
        for (size_t i = 0; i < origins.size(); ++i) {
            const auto at = static_cast<size_t>(numbers[i] - 1 + std::max<int64_t>(header, 0));
            if (at < rows.size()) origins[i].line = rows[at];
        }
        return origins;
    };
    return staged;
}

QUERN_REGISTER(SourceFormat)({
    .name = "xlsx",
    .summary =
        "A sheet of an Excel file; types are found by reading. Dates count from 1900 or 1904 "
        "as the file says; of formulas the stored values are read.",
    .example = "file: data/sales.xlsx",
    .endings = {".xlsx", ".xlsm"},
    .stage = stage_xlsx,
});

}  // namespace
}  // namespace quern::data
