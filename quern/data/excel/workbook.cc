#include "quern/data/excel/workbook.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "quern/base/text.h"
#include "quern/data/excel/xml_reader.h"

namespace quern::data {
namespace {

using Kind = XmlReader::Kind;

constexpr uint64_t kSmallPartBytesMax = 64 << 20;
constexpr uint64_t kTextsBytesMax = uint64_t{1} << 30;

Result<XmlReader> open_part(const ZipFile& zip, const std::string& part, uint64_t size_bytes_max) {
    return XmlReader(TRY(zip.stream(part, size_bytes_max)), zip.name() + " (" + part + ")");
}

// Calls visit(xml) at the start of each element.
template <class Visit>
Status for_each_element(const ZipFile& zip, const std::string& part, Visit visit) {
    auto xml = TRY(open_part(zip, part, kSmallPartBytesMax));
    while (true) {
        const Kind kind = TRY(xml.next());
        if (kind == Kind::finish) return {};
        if (kind == Kind::start) TRY(visit(xml));
    }
}

int64_t integer(std::string_view text, int64_t otherwise) {
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && stop == text.data() + text.size() ? value : otherwise;
}

// "../x.xml" seen from the folder "xl/sheets/" is "xl/x.xml"; "/x.xml" begins at the top.
std::string resolve(std::string folder, std::string_view target) {
    if (target.starts_with('/')) return std::string(target.substr(1));
    while (target.starts_with("../") || target.starts_with("./")) {
        if (target.starts_with("../")) {
            const size_t slash =
                folder.empty() ? folder.npos : folder.rfind('/', folder.size() - 2);
            folder.resize(slash == folder.npos ? 0 : slash + 1);
        }
        target.remove_prefix(target.find('/') + 1);
    }
    return folder + std::string(target);
}

struct Link {
    std::string type, part;
};

// The parts that a part names, by id.
Result<std::map<std::string, Link>> links_of(const ZipFile& zip, const std::string& part) {
    const size_t slash = part.rfind('/');
    const std::string folder = slash == part.npos ? "" : part.substr(0, slash + 1);
    const std::string file = slash == part.npos ? part : part.substr(slash + 1);
    std::map<std::string, Link> links;
    TRY(for_each_element(zip, folder + "_rels/" + file + ".rels", [&](const XmlReader& xml) {
        if (xml.element() != "Relationship") return Status();
        const std::string type = xml.attribute("Type");
        links[xml.attribute("Id")] = {type.substr(type.rfind('/') + 1),
                                      resolve(folder, xml.attribute("Target"))};
        return Status();
    }));
    return links;
}

std::string part_of_type(const std::map<std::string, Link>& links, std::string_view type) {
    for (const auto& [id, link] : links) {
        if (link.type == type) return link.part;
    }
    return {};
}

Status read_styles(const ZipFile& zip, const std::string& part, Workbook& book) {
    std::map<int64_t, NumberKind> own;
    bool is_in_cells = false;  // other lists hold the same elements
    auto xml = TRY(open_part(zip, part, kSmallPartBytesMax));
    while (true) {
        const Kind kind = TRY(xml.next());
        if (kind == Kind::finish) return {};
        if (xml.element() == "cellXfs" && kind != Kind::text) is_in_cells = kind == Kind::start;
        if (kind != Kind::start) continue;
        if (xml.element() == "numFmt") {
            own[integer(xml.attribute("numFmtId"), -1)] =
                kind_of_format(xml.attribute("formatCode"));
        } else if (xml.element() == "xf" && is_in_cells) {
            const int64_t number = integer(xml.attribute("numFmtId"), 0);
            const auto found = own.find(number);
            book.kinds.push_back(found == own.end() ? kind_of_builtin(number) : found->second);
        }
    }
}

// Texts may consist of pieces with looks of their own; how Japanese is read aloud is left out.
Status read_texts(const ZipFile& zip, const std::string& part, Workbook& book) {
    auto xml = TRY(open_part(zip, part, kTextsBytesMax));
    std::string text;
    bool is_in_text = false;
    int reading_aloud = 0;
    while (true) {
        const Kind kind = TRY(xml.next());
        if (kind == Kind::finish) return {};
        if (kind == Kind::text) {
            if (is_in_text && reading_aloud == 0) text += xml.text();
        } else if (xml.element() == "t") {
            is_in_text = kind == Kind::start;
        } else if (xml.element() == "rPh") {
            reading_aloud += kind == Kind::start ? 1 : -1;
        } else if (xml.element() == "si" && kind == Kind::end) {
            book.texts.push_back(unescaped(std::move(text)));
            text.clear();
        }
    }
}

Status read_sheets(const ZipFile& zip, const std::string& part,
                   const std::map<std::string, Link>& links, Workbook& book) {
    return for_each_element(zip, part, [&](const XmlReader& xml) {
        if (xml.element() == "workbookPr") {
            const std::string flag = xml.attribute("date1904");
            book.counts_from_1904 = flag == "1" || flag == "true";
        } else if (xml.element() == "sheet") {
            const auto link = links.find(xml.attribute("id"));
            // A sheet may also be a chart: it has no cells.
            if (link == links.end() || link->second.type != "worksheet") return Status();
            const std::string state = xml.attribute("state");
            book.sheets.push_back({xml.attribute("name"), link->second.part,
                                   state == "hidden" || state == "veryHidden"});
        }
        return Status();
    });
}

// The first section of a format without texts in quotes, escapes and colours.
std::string letters_of(std::string_view format) {
    std::string letters;
    for (size_t i = 0; i < format.size() && format[i] != ';'; ++i) {
        const char c = format[i];
        if (c == '"') {
            i = std::min(format.find('"', i + 1), format.size());
        } else if (c == '\\' || c == '_' || c == '*') {
            ++i;
        } else if (c == '[') {
            const size_t end = std::min(format.find(']', i), format.size());
            const std::string inside = lower_ascii(format.substr(i + 1, end - i - 1));
            // [h] counts hours beyond a day; [Red] and [$-409] are no letters of the format.
            if (!inside.empty() && inside.find_first_not_of("hms") == inside.npos) {
                letters += inside;
            }
            i = end;
        } else {
            letters += c;
        }
    }
    return lower_ascii(letters);
}

}  // namespace

NumberKind kind_of_format(std::string_view format) {
    const std::string letters = letters_of(format);
    if (letters.find("general") != letters.npos) return NumberKind::number;
    const bool has_clock = letters.find_first_of("hs") != letters.npos;
    const bool has_day = letters.find_first_of("dy") != letters.npos ||
                         (!has_clock && letters.find('m') != letters.npos);
    if (has_day) return has_clock ? NumberKind::date_time : NumberKind::date;
    return has_clock ? NumberKind::time : NumberKind::number;
}

NumberKind kind_of_builtin(int64_t number) {
    const auto is_in = [&](int64_t first, int64_t last) {
        return number >= first && number <= last;
    };
    if (number == 22) return NumberKind::date_time;
    if (is_in(14, 17) || is_in(27, 31) || number == 36 || is_in(50, 54) || is_in(57, 58)) {
        return NumberKind::date;
    }
    const bool is_time = is_in(18, 21) || is_in(32, 35) || is_in(45, 47) || is_in(55, 56);
    return is_time ? NumberKind::time : NumberKind::number;
}

std::string unescaped(std::string text) {
    constexpr size_t kEscapeBytes = 7;  // _x000D_
    for (size_t at = text.find("_x"); at != text.npos; at = text.find("_x", at + 1)) {
        unsigned code = 0;
        if (at + kEscapeBytes > text.size() || text[at + kEscapeBytes - 1] != '_') continue;
        const char* begin = text.data() + at + 2;
        const auto [stop, error] = std::from_chars(begin, begin + 4, code, 16);
        if (error != std::errc() || stop != begin + 4 || code == 0 || code >= 0x80) continue;
        text.replace(at, kEscapeBytes, 1, static_cast<char>(code));
    }
    return text;
}

Result<Workbook> read_workbook(const ZipFile& zip) {
    if (!zip.has("_rels/.rels")) {
        return corrupt("a zip archive, but not one of Excel's").at(zip.name());
    }
    const auto top = TRY(links_of(zip, ""));
    const std::string part = part_of_type(top, "officeDocument");
    if (part.empty()) return corrupt("an office document without a main part").at(zip.name());
    if (part.ends_with(".bin")) {
        return unimplemented("an Excel file of the binary kind (.xlsb)")
            .at(zip.name())
            .hint("save it as .xlsx");
    }
    const auto links = TRY(links_of(zip, part));
    Workbook book;
    TRY(read_sheets(zip, part, links, book));
    if (book.sheets.empty()) {
        return corrupt("an office document without sheets of cells").at(zip.name());
    }
    const std::string styles = part_of_type(links, "styles");
    if (!styles.empty()) TRY(read_styles(zip, styles, book));
    const std::string texts = part_of_type(links, "sharedStrings");
    if (!texts.empty()) TRY(read_texts(zip, texts, book));
    return book;
}

}  // namespace quern::data
