// What csv and tsv share. The file is scanned by our own scanner first; a file that is sound goes
// to DuckDB as it is, any other as a copy of its sound records. So DuckDB only ever reads what it
// cannot get wrong, and the count of rows is known beforehand.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/dialect.h"
#include "quern/data/plain_file.h"
#include "quern/data/quarantine.h"
#include "quern/data/rows.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

constexpr uint64_t kSampleSizeBytes = 64 << 20;
constexpr size_t kDuckLineSizeBytes = 1 << 20;  // below DuckDB's default limit of a line

struct Delimited {
    std::string path, name;
    Layout layout;
    RecordLimits limits;
    int64_t record_count_max = INT64_MAX;  // of a sample
    uint64_t size_bytes_max = UINT64_MAX;

    int64_t width() const { return static_cast<int64_t>(layout.names.size()); }
    bool is_sound(const Record& record) const {
        return record.fault == RecordFault::none && record.field_count == width();
    }
    std::string reason(const Record& record) const {
        if (record.fault != RecordFault::none) return fault_text(record, limits);
        return plural(record.field_count, "field") + " where " + std::to_string(width()) +
               " are expected";
    }

    // Calls visit(record) for each record but the header, sound or not.
    template <class Visit>
    Result<RecordCounts> for_each(Visit visit) const;
};

template <class Visit>
Result<RecordCounts> Delimited::for_each(Visit visit) const {
    auto scanner = TRY(RecordScanner::open(path, layout.dialect, limits));
    RecordCounts scan;
    Record record;
    if (layout.dialect.has_header) TRY(scanner.next(record));
    scanner.blank_is_record = width() == 1;
    while (scan.sound + scan.unsound < record_count_max && record.offset < size_bytes_max &&
           TRY(scanner.next(record))) {
        TRY(visit(record, scanner.saw_multibyte()));
        ++(is_sound(record) ? scan.sound : scan.unsound);
        scan.longest_bytes = std::max(scan.longest_bytes, record.size_bytes);
    }
    scan.line_ends = scanner.line_ends();
    return scan;
}

// UTF-16 and UTF-32 are seen by their marks or by the zeros of their ASCII letters.
Status refuse_wide_encoding(const std::string& path, const std::string& name,
                            const project::Source& source) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return system_error(errno, "open", name);
    char bytes[4096];
    const size_t size = std::fread(bytes, 1, sizeof bytes, file);
    std::fclose(file);
    if (size == 0) {
        return invalid_argument("the file is empty (0 bytes)").at(name).hint("a header is enough");
    }
    const std::string_view head(bytes, size);
    std::string encoding;
    int64_t zeros_even = 0, zeros_odd = 0;
    for (size_t i = 0; i < size; ++i) (i % 2 == 0 ? zeros_even : zeros_odd) += bytes[i] == 0;
    const auto half = static_cast<int64_t>(size / 4);  // most of one half of the bytes
    if (head.starts_with(std::string_view("\xFF\xFE\0\0", 4))) {
        encoding = "utf-32";
    } else if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
        encoding = "utf-16";
    } else if (size >= 4 && zeros_odd > half && zeros_even <= half / 4) {
        encoding = "utf-16le";
    } else if (size >= 4 && zeros_even > half && zeros_odd <= half / 4) {
        encoding = "utf-16be";
    }
    if (encoding.empty()) return {};
    return invalid_argument("the file is not UTF-8 but looks like " + encoding)
        .at(name + ":1")
        .hint(encoding_hint(source, encoding));
}

Status refuse_encoding(const std::string& name, const Record& record,
                       const project::Source& source) {
    const bool is_windows =
        std::ranges::any_of(record.bytes, [](unsigned char c) { return c >= 0x80 && c < 0xA0; });
    const std::string guess = is_windows ? "windows-1252" : "latin-1";
    return invalid_argument(fault_text(record, {}) + ": '" + printable(record.bytes, 60) + "'")
        .at(name + ":" + std::to_string(record.line))
        .hint(encoding_hint(source, guess) + ", or what else it is written in");
}

// A file for DuckDB with the sound records only, in one canonical form.
class CleanCopy {
public:
    static Result<CleanCopy> create(const std::string& folder) {
        CleanCopy copy;
        copy.path_ = join_path(folder, "clean_XXXXXX");
        const int file = mkstemp(copy.path_.data());
        if (file < 0) return system_error(errno, "create a temporary file in", folder);
        copy.file_.reset(fdopen(file, "wb"));
        return copy;
    }
    Status add(const std::vector<std::string>& fields) {
        line_.clear();
        for (const auto& field : fields) {
            line_ += line_.empty() ? "\"" : ",\"";
            for (const char c : field) line_ += c == '"' ? "\"\"" : std::string_view(&c, 1);
            line_ += '"';
        }
        line_ += '\n';
        if (std::fwrite(line_.data(), 1, line_.size(), file_.get()) == line_.size()) return {};
        return system_error(errno, "write", path_);
    }
    Status finish() {
        if (std::fclose(file_.release()) == 0) return {};
        return system_error(errno, "write", path_);
    }
    const std::string& path() const { return path_; }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    std::string path_, line_;
};

Result<std::string> write_clean_copy(const Delimited& file, const StageRequest& request) {
    auto copy = TRY(CleanCopy::create(request.folder));
    TRY(file.for_each([&](const Record& record, bool) {
        if (file.is_sound(record)) return copy.add(split_fields(record.bytes, file.layout.dialect));
        if (request.quarantine == nullptr) return Status();
        const auto reason = file.reason(record);
        return request.quarantine->add(
            {.file = file.name, .line = record.line, .reason = reason, .raw = record.bytes});
    }));
    TRY(copy.finish());
    return copy.path();
}

// Looks at every record once; a file that is in another encoding throughout is refused.
Result<RecordCounts> scan_records(const Delimited& file, const project::Source& source) {
    Record first_bad;
    std::string first_bytes;
    bool saw_multibyte = false;
    auto scan = TRY(file.for_each([&](const Record& record, bool multibyte) {
        saw_multibyte = multibyte;
        if (record.fault == RecordFault::not_utf8 && first_bad.fault == RecordFault::none) {
            first_bad = record;
            first_bytes = record.bytes;
        }
        return Status();
    }));
    if (first_bad.fault == RecordFault::none || saw_multibyte) return scan;
    first_bad.bytes = first_bytes;
    return refuse_encoding(file.name, first_bad, source);
}

std::string char_literal(char c) { return c == 0 ? "''" : quote_literal(std::string(1, c)); }

// The arguments that read_csv and sniff_csv share.
std::string csv_arguments(const Delimited& file, const RecordCounts& scan,
                          const project::Source& source, const std::string& clean_path) {
    const bool is_copy = !clean_path.empty();
    const Dialect dialect = is_copy ? Dialect{.has_header = false} : file.layout.dialect;
    const char* new_line = "\\n";
    if (!is_copy && scan.line_ends.crlf > 0) new_line = "\\r\\n";
    if (!is_copy && scan.line_ends.cr > 0) new_line = "\\r";
    std::string sql = quote_literal(literal_pattern(is_copy ? clean_path : file.path)) +
                      ", delim = " + quote_literal(dialect.delimiter) +
                      ", quote = " + char_literal(dialect.quote) +
                      ", escape = " + char_literal(dialect.escape) + ", new_line = '" + new_line +
                      "', compression = 'none', comment = '', skip = 0, header = " +
                      (dialect.has_header ? "true" : "false");
    if (scan.longest_bytes > kDuckLineSizeBytes) {
        sql += ", max_line_size = " + std::to_string(2 * scan.longest_bytes);
    }
    sql += ", nullstr = [''";
    for (const auto& text : source.null_values) sql += ", " + quote_literal(text);
    return sql + "]";
}

std::string text_columns(const std::vector<std::string>& names) {
    std::string sql = ", auto_detect = false, columns = {";
    for (const auto& name : names) {
        sql += (sql.back() == '{' ? "" : ", ") + quote_literal(name) + ": 'VARCHAR'";
    }
    return sql + "}";
}

std::string_view bare_value(std::string_view value, char quote) {
    while (!value.empty() && (value[0] == quote || value[0] == ' ')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == quote || value.back() == ' ')) value.remove_suffix(1);
    return value;
}

// True for a value that would lose a leading zero or its last digits as a number.
bool is_code(std::string_view value, char quote, frame::TypeId type) {
    constexpr size_t kExactDigits = 16;  // of a double
    value = bare_value(value, quote);
    if (type == frame::TypeId::bigint) return value.size() > 1 && value[0] == '0';
    return value.size() > kExactDigits && value.find_first_of(".,eE") == std::string_view::npos;
}

// A column with such a value is text: codes, not numbers.
Status keep_codes(const Delimited& file, StageRequest& request, Staged& staged) {
    std::vector<size_t> numbers;
    for (size_t i = 0; i < staged.schema.size(); ++i) {
        const auto id = staged.schema[i].type.id;
        if (id == frame::TypeId::bigint || id == frame::TypeId::float64) numbers.push_back(i);
    }
    if (numbers.empty()) return {};
    Delimited sample = file;
    sample.record_count_max = request.source.sample_rows;
    std::vector<std::string_view> fields;
    TRY(sample.for_each([&](const Record& record, bool) {
        if (numbers.empty() || !file.is_sound(record)) return Status();
        raw_fields(record.bytes, file.layout.dialect, fields);
        std::erase_if(numbers, [&](size_t i) {
            auto& column = staged.schema[i];
            if (!is_code(fields[i], file.layout.dialect.quote, column.type.id)) return false;
            column.type = {.id = frame::TypeId::varchar};
            request.notes.push_back("column " + column.name +
                                    " holds codes with leading zeros or many digits: kept as text");
            return true;
        });
        return Status();
    }));
    return {};
}

enum class CommaNumber { none, whole, grouped, decimal };

// "13" is whole, "13,2" decimal; "1,234" may as well have its thousands grouped.
CommaNumber comma_number(std::string_view value) {
    constexpr size_t kGroup = 3;
    if (value.starts_with('-')) value.remove_prefix(1);
    const size_t comma = std::min(value.find(','), value.size());
    const auto are_digits = [](std::string_view text) {
        return !text.empty() &&
               std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (!are_digits(value.substr(0, comma))) return CommaNumber::none;
    if (comma == value.size()) return CommaNumber::whole;
    const std::string_view fraction = value.substr(comma + 1);
    if (!are_digits(fraction)) return CommaNumber::none;
    const bool is_group = fraction.size() == kGroup && comma <= kGroup && value[0] != '0';
    return is_group ? CommaNumber::grouped : CommaNumber::decimal;
}

// Columns of text whose values are numbers with a decimal comma, as far as their first rows tell.
Status find_comma_columns(const Delimited& file, const project::Source& source, Staged& staged) {
    constexpr int64_t kRowCountMax = 10'000;
    if (source.decimal_separator == ",") return {};
    std::vector<size_t> texts;
    for (size_t i = 0; i < staged.schema.size(); ++i) {
        if (staged.schema[i].type.id == frame::TypeId::varchar) texts.push_back(i);
    }
    Delimited sample = file;
    sample.record_count_max = std::min(source.sample_rows, kRowCountMax);
    std::vector<bool> has_decimals(staged.schema.size());
    std::vector<std::string_view> fields;
    TRY(sample.for_each([&](const Record& record, bool) {
        if (texts.empty() || !file.is_sound(record)) return Status();
        raw_fields(record.bytes, file.layout.dialect, fields);
        std::erase_if(texts, [&](size_t i) {
            const auto value = bare_value(fields[i], file.layout.dialect.quote);
            if (value.empty() ||
                std::ranges::find(source.null_values, value) != source.null_values.end()) {
                return false;
            }
            const CommaNumber kind = comma_number(value);
            if (kind == CommaNumber::decimal) has_decimals[i] = true;
            return kind == CommaNumber::none;
        });
        return Status();
    }));
    for (const size_t i : texts) {
        if (has_decimals[i]) staged.comma_columns.push_back(staged.schema[i].name);
    }
    return {};
}

// A time in another form than the declared one is text: it would not be read as that.
void keep_other_times(StageRequest& request, Staged& staged) {
    const std::string& format = request.source.timestamp_format;
    if (format.empty() || format.find("%z") != std::string::npos) return;
    for (auto& column : staged.schema) {
        if (column.type.text() != "TIMESTAMP WITH TIME ZONE") continue;
        column.type = {.id = frame::TypeId::varchar};
        request.notes.push_back("column " + column.name + " holds times that are not written as " +
                                format + ": kept as text");
    }
}

// How the user says that numbers and times are written: it decides what is one.
std::string value_arguments(const project::Source& source) {
    std::string sql = ", decimal_separator = " + quote_literal(source.decimal_separator);
    if (!source.date_format.empty()) sql += ", dateformat = " + quote_literal(source.date_format);
    if (!source.timestamp_format.empty()) {
        sql += ", timestampformat = " + quote_literal(source.timestamp_format);
    }
    return sql;
}

Status find_types(const Delimited& file, StageRequest& request, const std::string& arguments,
                  Staged& staged) {
    const std::string sql =
        "select c.type, DateFormat, TimestampFormat from (select unnest(Columns) as c, DateFormat, "
        "TimestampFormat from sniff_csv(" +
        arguments + value_arguments(request.source) +
        ", sample_size = " + std::to_string(request.source.sample_rows) +
        ", ignore_errors = true))";
    const auto rows = text_rows(request.session, sql);
    if (!rows.ok() || rows->size() != staged.schema.size()) {
        request.notes.push_back(staged.name + ": its types were not recognised, all are text");
        return {};
    }
    for (size_t i = 0; i < staged.schema.size(); ++i) {
        staged.schema[i].type = frame::type_from_sql((*rows)[i][0]);
    }
    const auto format = [](const std::string& text, std::string_view iso) {
        return text == iso ? std::string() : text;
    };
    staged.date_format = format((*rows)[0][1], "%Y-%m-%d");
    staged.timestamp_format = format((*rows)[0][2], "%Y-%m-%d %H:%M:%S");
    keep_other_times(request, staged);
    TRY(keep_codes(file, request, staged));
    return find_comma_columns(file, request.source, staged);
}

// One more pass over the file; only taken when some value does not fit its column.
Result<std::vector<Staged::Origin>> locate_rows(const Delimited& file,
                                                const std::vector<int64_t>& row_numbers) {
    std::vector<Staged::Origin> origins;
    int64_t row_number = 0;
    TRY(file.for_each([&](const Record& record, bool) {
        if (!file.is_sound(record)) return Status();
        ++row_number;
        const size_t next = origins.size();
        if (next < row_numbers.size() && row_numbers[next] == row_number) {
            origins.push_back({record.line, printable(record.bytes)});
        }
        return Status();
    }));
    return origins;
}

}  // namespace

Result<Staged> stage_delimited(StageRequest& request, const std::string& delimiter) {
    const project::Source& source = request.source;
    PlainSettings settings{.compression = source.compression, .encoding = source.encoding};
    if (request.is_sample) settings.wanted_bytes = kSampleSizeBytes;
    const auto plain = TRY(plain_file(request.path, request.name, request.folder, settings));
    TRY(refuse_wide_encoding(plain.path, request.name, source));

    auto layout = TRY(find_layout(plain.path, request.name, source, delimiter));
    Delimited file{.path = plain.path,
                   .name = request.name,
                   .layout = std::move(layout),
                   .limits = {static_cast<uint64_t>(source.line_bytes_max)}};
    if (request.is_sample) {
        file.record_count_max = source.sample_rows;
        file.size_bytes_max = kSampleSizeBytes;
    }
    const RecordCounts scan =
        request.known != nullptr ? *request.known : TRY(scan_records(file, source));
    const Dialect& dialect = file.layout.dialect;
    const bool needs_copy = scan.unsound > 0 || scan.line_ends.is_mixed() || dialect.comment != 0 ||
                            dialect.skip_lines > 0 || request.wants_copy;
    const std::string clean_path = needs_copy ? TRY(write_clean_copy(file, request)) : "";

    Staged staged{.name = request.name, .row_count = scan.sound, .rejected_count = scan.unsound};
    const uint64_t size_bytes = TRY(file_facts(plain.path)).size_bytes;
    const bool is_whole = plain.is_whole && size_bytes <= file.size_bytes_max &&
                          scan.sound + scan.unsound < file.record_count_max;
    if (is_whole) staged.counts = scan;
    const std::string arguments = csv_arguments(file, scan, source, clean_path);
    staged.from_sql = "read_csv(" + arguments + text_columns(file.layout.names) + ")";
    for (const auto& name : file.layout.names) {
        staged.relation.push_back({name, {.id = frame::TypeId::varchar}});
    }
    staged.schema = staged.relation;
    for (const auto& note : file.layout.notes) request.notes.push_back(staged.name + ": " + note);
    if (request.finds_types && scan.sound > 0 && !declares_all(source, file.layout.names))
        TRY(find_types(file, request, arguments, staged));
    staged.locate = [file](const std::vector<int64_t>& row_numbers) {
        return locate_rows(file, row_numbers);
    };
    return staged;
}

}  // namespace quern::data
