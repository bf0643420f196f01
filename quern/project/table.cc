// Tables: tables/*.sql, one SELECT each, with settings in the comment before it.
#include "quern/base/text.h"
#include "quern/project/keys.h"
#include "quern/project/sql_text.h"

namespace quern::project {
namespace {

Status read_table_checks(Table& table, const Tree& value) {
    return read_checks(value, table.checks);
}

std::vector<Param> table_params() {
    return {
        param("description", &Table::description, "What one row is."),
        choice_param("materialize", &Table::materialize, {"view", "table"},
                     "view: computed when read; table: kept."),
        param("key", &Table::key, "Columns that name a row."),
        custom_param<Table>("checks", list_of(detail::plain_shape("any")),
                            "What must hold before anyone sees the table, such as "
                            "`- income: [not_null]` or `- rows: {min: 1}`.",
                            &read_table_checks),
    };
}

// Faults of SQL are told by offset until the table is known.
Status fault_at(const Table& table, size_t offset, std::string message) {
    return invalid_argument(std::move(message)).at(place_in_sql(table, offset).text());
}

Status set_statement(Table& table, std::string_view text, const Place& text_place) {
    table.sql = text;
    table.sql_place = text_place;
    const SqlText scanned = scan_sql(text);
    if (!scanned.fault.message.empty()) {
        return fault_at(table, scanned.fault.offset, scanned.fault.message);
    }
    if (scanned.statements.empty()) {
        return invalid_argument("there is no SQL; one SELECT is expected").at(text_place.text());
    }
    if (scanned.statements.size() > 1) {
        return fault_at(table, scanned.statements[1].begin,
                        "a second statement; a table is one SELECT")
            .hint("put each SELECT into a file of its own");
    }
    const SqlStatement& statement = scanned.statements[0];
    const Place begin = place_in_sql(table, statement.begin);
    table.sql = text.substr(statement.begin, statement.end - statement.begin);
    table.sql_place = begin;
    return {};
}

struct SettingsComment {
    size_t yaml_begin = 0, yaml_end = 0;
    size_t end = 0;  // behind the comment
};

size_t skip_spaces(std::string_view text, size_t offset) {
    while (offset < text.size() && (text[offset] == ' ' || text[offset] == '\t')) ++offset;
    return offset;
}

// The settings before any SQL; text.size() when there are none.
size_t find_settings(std::string_view text) {
    size_t offset = 0;
    while (!is_settings_comment(text, offset)) {
        const size_t next = skip_one_blank(text, offset);
        if (next == offset) return text.size();
        offset = next;
    }
    return offset;
}

// Ends at the first `--- */` that is not within a word.
Result<SettingsComment> settings_comment(std::string_view text, size_t begin) {
    SettingsComment comment;
    comment.yaml_begin = skip_spaces(text, begin + 2) + 3;
    size_t search = comment.yaml_begin;
    while (true) {
        const size_t dashes = text.find("---", search);
        if (dashes == std::string_view::npos) break;
        const size_t close = skip_spaces(text, dashes + 3);
        const bool is_apart = trim(text.substr(dashes - 1, 1)).empty();
        if (text.substr(close, 2) == "*/" && is_apart) {
            comment.yaml_end = dashes;
            comment.end = close + 2;
            return comment;
        }
        search = dashes + 1;
    }
    return invalid_argument("the settings that begin here are not closed")
        .hint("end them with `--- */` before the SELECT");
}

Status read_settings(std::string_view text, const SettingsComment& comment, const std::string& file,
                     Table& table) {
    const auto yaml = text.substr(comment.yaml_begin, comment.yaml_end - comment.yaml_begin);
    const LineColumn begin = line_column(text, comment.yaml_begin);
    // Settings on the comment's own line keep their columns by blanks before them.
    const bool is_one_line = yaml.find('\n') == std::string_view::npos;
    const size_t indent = is_one_line ? static_cast<size_t>(begin.column - 1) : 0;
    std::string padded(indent, ' ');
    padded += is_one_line ? yaml : yaml.substr(skip_spaces(yaml, 0));
    const Tree tree = TRY(parse_yaml({.text = padded, .file = file, .first_line = begin.line}));
    return read_keys(table_keys(), tree, &table);
}

Status check_is_text(std::string_view text, const std::string& file) {
    if (text.find('\0') != std::string_view::npos) {
        return invalid_argument("holds a NUL byte, so it is not text").at(file);
    }
    const size_t fault = first_not_utf8(text);
    if (fault == std::string_view::npos) return {};
    const LineColumn at = line_column(text, fault);
    return invalid_argument("is not UTF-8 text")
        .at(file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column))
        .hint("save it as UTF-8");
}

// Where the lines of a `|` block begin, in the YAML around it.
struct Block {
    int line = 0, indent = 0;  // line 0: no block
};

Block block_at(std::string_view yaml, const Place& place) {
    const auto lines = split_lines(yaml);
    const auto line_index = static_cast<size_t>(place.line - 1);
    if (line_index >= lines.size()) return {};
    const auto line = lines[line_index];
    const size_t bar = line.find_last_not_of(" \t+-0123456789");
    if (bar == std::string_view::npos || line[bar] != '|') return {};
    for (size_t i = line_index + 1; i < lines.size(); ++i) {
        const size_t indent = lines[i].find_first_not_of(' ');
        if (indent == std::string_view::npos) continue;
        return {static_cast<int>(line_index) + 2, static_cast<int>(indent)};
    }
    return {};
}

}  // namespace

Place place_in_sql(const Table& table, size_t offset) {
    const LineColumn at = line_column(table.sql, offset);
    Place place = table.sql_place;
    place.line += at.line - 1;
    place.column = at.line == 1 ? place.column + at.column - 1 : table.sql_indent + at.column;
    return place;
}

Keys table_keys() {
    return {.what = "table",
            .summary = "One SELECT a file; its settings stand in the comment before it.",
            .params = table_params(),
            .later = {}};
}

Keys inline_table_keys() {
    Keys keys = table_keys();
    auto sql = custom_param<Table>(
        "sql", detail::plain_shape("string"), "One SELECT.", [](Table& table, const Tree& value) {
            table.sql_place = value.place;
            return detail::read_value(value, detail::Typed<std::string>::shape(), "sql", table.sql);
        });
    sql.is_required = true;
    keys.params.insert(keys.params.begin(), std::move(sql));
    return keys;
}

Result<Table> read_inline_table(const Tree& map, std::string_view file_text) {
    Table table;
    TRY(read_keys(inline_table_keys(), map, &table));
    Place begin = table.sql_place;
    const Block block = block_at(file_text, begin);
    if (block.line > 0) {
        begin.line = block.line;
        begin.column = block.indent + 1;
        table.sql_indent = block.indent;
    } else if (map.find("sql")->is_quoted) {
        ++begin.column;
    }
    const std::string text = std::move(table.sql);
    TRY(set_statement(table, text, begin));
    return table;
}

Result<Table> read_table_file(std::string_view text, const std::string& file) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    TRY(check_is_text(text, file));
    Table table;
    const auto shared_file = std::make_shared<const std::string>(file);
    const auto place_of = [&](size_t offset) {
        const LineColumn at = line_column(text, offset);
        return Place{shared_file, at.line, at.column};
    };
    table.place = {shared_file, 0, 0};
    const size_t settings = find_settings(text);
    size_t sql_begin = 0;
    Status faults;
    if (settings < text.size()) {
        auto comment = settings_comment(text, settings);
        if (!comment.ok()) return std::move(comment).status().at(place_of(settings).text());
        sql_begin = comment->end;
        faults.also(read_settings(text, *comment, file, table));
    }
    faults.also(set_statement(table, text.substr(sql_begin), place_of(sql_begin)));
    TRY(std::move(faults));
    return table;
}

}  // namespace quern::project
