// Sources: sources/*.yml.
#include <algorithm>
#include <cctype>

#include "quern/base/text.h"
#include "quern/project/keys.h"

namespace quern::project {
namespace {

Shape header_shape() {
    Shape shape = detail::plain_shape("string");
    shape.choices = {"auto", "true", "false"};
    return shape;
}

Status read_header(Source& source, const Tree& value) {
    std::string word;
    TRY(detail::read_value(value, header_shape(), "header", word));
    source.has_header.reset();
    if (word != "auto") source.has_header = word == "true";
    return {};
}

// `\t` is what people write for a tab, and YAML keeps the two characters of it unless quoted.
Status read_delimiter(Source& source, const Tree& value) {
    constexpr size_t kDelimiterBytesMax = 4;
    TRY(detail::read_value(value, detail::Typed<std::string>::shape(), "delimiter",
                           source.delimiter));
    if (source.delimiter == "\\t") source.delimiter = "\t";
    const bool is_fine = !source.delimiter.empty() &&
                         source.delimiter.size() <= kDelimiterBytesMax &&
                         source.delimiter.find_first_of("\r\n\"") == std::string::npos;
    if (is_fine) return {};
    return invalid_argument("'delimiter' must be 1 to 4 bytes without quotes and line ends")
        .at(value.place.text());
}

std::vector<Param> column_params() {
    return {
        param("type", &SourceColumn::type, "SQL type, such as INTEGER or DATE; default: found."),
        param("nullable", &SourceColumn::is_nullable, "Whether values may be missing."),
        param("pii", &SourceColumn::is_personal, "Whether it tells something about a person."),
        param("description", &SourceColumn::description, "What it means."),
    };
}

// A type goes into SQL as it stands: names, numbers, brackets and commas, and nothing that could
// end it. Texts (of an ENUM) hold neither quotes nor semicolons.
Status check_type(const SourceColumn& column, const Tree& value) {
    int depth = 0;
    bool is_fine = true, is_in_text = false;
    for (const char c : column.type) {
        if (c == '\'') is_in_text = !is_in_text;
        depth += is_in_text ? 0 : (c == '(') - (c == ')');
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = std::isalnum(byte) != 0 || byte >= 0x80 ||
                              std::string_view("_ ,()[]'").find(c) != std::string_view::npos;
        is_fine = is_fine && depth >= 0 && is_plain;
    }
    for (const auto word :
         {" default", " check", " as ", " generated", " references", " using", " collate",
          " primary", " unique", " constraint", " select", " from "}) {
        is_fine = is_fine && lower_ascii(column.type).find(word) == std::string::npos;
    }
    if (is_fine && depth == 0 && !is_in_text) return {};
    const Tree* type = value.is_map() ? value.find("type") : &value;
    return invalid_argument("'" + column.type + "' is no type")
        .at(type->place.text())
        .hint("write a type of SQL, such as INTEGER, DECIMAL(12,2), VARCHAR[] or TIMESTAMP");
}

// `income: INTEGER` is short for `income: {type: INTEGER}`.
Status read_column(const Tree::Entry& entry, SourceColumn& column) {
    column.name = entry.key;
    column.place = entry.place;
    if (entry.key.empty()) {
        return invalid_argument("a column needs a name").at(entry.place.text());
    }
    if (entry.value.is_scalar()) {
        column.type = entry.value.text;
    } else {
        TRY(read_params(column_params(), entry.value, &column, "column '" + entry.key + "'"));
    }
    return column.type.empty() ? Status() : check_type(column, entry.value);
}

Status read_columns(Source& source, const Tree& value) {
    if (!value.is_map()) {
        return invalid_argument("'columns' must be a map of column names")
            .at(value.place.text())
            .hint("names alone, of files without a header, are written as `names: [a, b]`");
    }
    Status faults;
    for (const auto& entry : value.entries) {
        SourceColumn column;
        faults.also(read_column(entry, column));
        source.columns.push_back(std::move(column));
    }
    return faults;
}

Shape columns_shape() {
    Shape column = detail::plain_shape("object");
    column.fields = column_params();
    column.takes_text = true;
    return map_of(std::move(column));
}

Status check_files(const Source& source) {
    Status faults;
    for (const auto& file : source.files) {
        if (file.text.empty()) {
            faults.also(invalid_argument("'file' is empty").at(file.place.text()));
        } else if (file.text.find("://") != std::string::npos) {
            faults.also(unimplemented("'" + file.text +
                                      "' is not a file of this machine; this "
                                      "version of quern reads local files only")
                            .at(file.place.text()));
        }
    }
    return faults;
}

// Without files, the first key that is none of the source's own names the connector.
bool take_origin(void* object, const Tree& map, const Tree::Entry& entry) {
    auto& source = *static_cast<Source*>(object);
    if (source.origin || map.find("file") != nullptr) return false;
    source.origin = Origin{{entry.key, entry.place}, entry.value};
    return true;
}

Status check_origin(const Source& source, const Tree& map) {
    if (!source.origin && source.files.empty() && map.find("file") == nullptr) {
        return invalid_argument("the source says nothing of where its rows are")
            .at(map.place.text())
            .hint("add `file: data/orders.csv`, or one of `quern sources`");
    }
    return {};
}

Status refuse_key(const Tree& map, std::string_view key, const std::string& why) {
    const Tree* value = map.find(key);
    if (value == nullptr) return {};
    return invalid_argument("'" + std::string(key) + "' " + why).at(value->place.text());
}

// What goes together and what does not.
Status check_loading(const Source& source, const Tree& map) {
    const Loading& loading = source.loading;
    const bool needs_key = loading.mode == LoadMode::upsert || loading.mode == LoadMode::snapshot;
    const std::string mode = map.find("load") == nullptr ? "full" : map.find("load")->text;
    Status faults;
    if (!source.origin) {
        for (const auto key : {"load", "cursor", "deletes", "deleted", "schema", "every",
                               "rows_max", "bytes_max", "key", "fresh"}) {
            faults.also(refuse_key(map, key, "is for rows that lie in no file of the project"));
        }
        return faults;
    }
    if (needs_key && loading.key.empty()) {
        faults.also(invalid_argument("'load: " + mode + "' needs a key")
                        .at(map.find("load")->place.text())
                        .hint("name the columns that tell rows apart: `key: id`"));
    }
    if (loading.mode == LoadMode::full) {
        faults.also(refuse_key(map, "cursor", "is for `load: append`, `upsert` or `snapshot`"));
    }
    if (!needs_key) {
        for (const auto key : {"deletes", "deleted"})
            faults.also(refuse_key(map, key, "is for `load: upsert` or `snapshot`"));
    }
    return faults;
}

}  // namespace

Keys source_keys() {
    auto params = std::vector<Param>{
        param("file", &Source::files, "Path or glob, or a list of them."),
        param("description", &Source::description, "What it holds."),
        param("format", &Source::format, "Default: by the file's ending.")
            .one_of({"csv", "tsv", "parquet", "json", "ndjson", "xlsx", "avro", "combined",
                     "common", "syslog", "pattern"}),
        param("compression", &Source::compression, "Default: by the file's ending.")
            .one_of({"none", "gzip", "zstd"}),
        param("encoding", &Source::encoding, "Of the text, such as utf-8, latin-1 or utf-16."),
        custom_param<Source>("delimiter", detail::plain_shape("string"),
                             "Between the values of a row; default: found.", &read_delimiter),
        param("quote", &Source::quote, "Around values; '' when there is none."),
        param("escape", &Source::escape, "Before a quote inside quotes."),
        param("comment", &Source::comment, "Lines that begin with it are left out."),
        custom_param<Source>("header", header_shape(), "Whether the first row names the columns.",
                             &read_header),
        param("skip_lines", &Source::skip_lines, "Lines before the header to leave out.")
            .in(0, 1e9),
        param("pattern", &Source::pattern,
              "Regular expression of a log's whole line; its named groups, (?P<name>...), are the "
              "columns."),
        param("sheet", &Source::sheet, "Of a spreadsheet; default: the first that is shown."),
        param("header_rows", &Source::header_rows,
              "Rows of a spreadsheet whose texts together name the columns; default: found.")
            .in(1, 10),
        param("names", &Source::names, "Of the columns, in order, for files without a header."),
        param("null_values", &Source::null_values, "Texts that mean a missing value."),
        param("date_format", &Source::date_format, "Such as '%d.%m.%Y'; default: ISO 8601."),
        param("timestamp_format", &Source::timestamp_format,
              "Such as '%d.%m.%Y %H:%M'; default: ISO 8601."),
        param("decimal_separator", &Source::decimal_separator, "In numbers.").one_of({".", ","}),
        choice_param("on_bad_row", &Source::fails_on_bad_row, {"quarantine", "fail"},
                     "A row that cannot be read is kept aside, or ends the load."),
        param("line_bytes_max", &Source::line_bytes_max, "Longer lines are bad rows.")
            .in(1024, 1 << 30),
        param("sample_rows", &Source::sample_rows, "Rows read to find the types.").in(1, 1e9),
        custom_param<Source>("columns", columns_shape(),
                             "Facts about columns by name; others are found by reading.",
                             &read_columns),
    };
    std::ranges::move(loading_keys(), std::back_inserter(params));
    return {.what = "source",
            .summary = "Where raw data comes from.",
            .params = std::move(params),
            .later = {},
            .take_other = &take_origin};
}

Result<Source> read_source(const Tree& map) {
    Source source;
    Status faults = read_keys(source_keys(), map, &source);
    faults.also(check_files(source));
    faults.also(check_origin(source, map));
    faults.also(check_loading(source, map));
    if (source.has_header.value_or(false) && !source.names.empty()) {
        faults.also(invalid_argument("'names' is for files without a header")
                        .at(map.find("names")->place.text())
                        .hint("leave out `names` or write `header: false`"));
    }
    TRY(std::move(faults));
    return source;
}

}  // namespace quern::project
