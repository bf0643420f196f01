#include "quern/sql/statement.h"

#include <simdjson.h>

#include <algorithm>

#include "quern/base/text.h"
#include "quern/project/sql_text.h"
#include "quern/sql/duckdb_error.h"
#include "quern/sql/syntax_walk.h"

namespace quern::sql {
namespace {

using simdjson::dom::element;

// A level of SQL takes a few levels of JSON; DuckDB allows 1000 levels of SQL.
constexpr size_t kTreeDepthMax = 8'192;

constexpr std::string_view kPlainTableFunctions[] = {
    "describe", "generate_series", "json_each", "json_tree", "range",
    "repeat",   "repeat_row",      "summary",   "unnest",    "unnest_struct",
};

std::string text_of(const element& node, const char* name) {
    std::string_view text;
    return node[name].get_string().get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

std::string first_word(std::string_view sql) {
    const auto statements = project::scan_sql(sql).statements;
    if (statements.empty()) return "";
    const auto rest = sql.substr(statements[0].begin);
    const auto end = std::ranges::find_if_not(
        rest, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    std::string word(rest.begin(), end);
    std::ranges::transform(word, word.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return word;
}

// DuckDB does not say what it was that is no SELECT.
Status refuse_statement(const SqlText& text) {
    const auto statements = project::scan_sql(text.sql).statements;
    const size_t begin = statements.empty() ? 0 : statements[0].begin;
    if (statements.size() > 1) {
        return placed(invalid_argument("only one SELECT can stand here"), text.place,
                      statements[1].begin);
    }
    if (lower_ascii(text.sql).find("pivot") != std::string::npos) {
        return placed(unimplemented("a PIVOT must name its columns here, as they would depend on "
                                    "the data"),
                      text.place, begin)
            .hint("write FROM t PIVOT (sum(x) FOR kind IN ('a', 'b'))");
    }
    return placed(invalid_argument("only a SELECT can stand here, not " + first_word(text.sql)),
                  text.place, begin);
}

// What json_serialize_sql and json_serialize_plan tell in place of a tree.
Status check_answer(const element& answer, const SqlText& text) {
    bool is_error = false;
    if (answer["error"].get_bool().get(is_error) != simdjson::SUCCESS || !is_error) return {};
    const DuckdbError error{text_of(answer, "error_type"),    text_of(answer, "error_message"),
                            text_of(answer, "error_subtype"), text_of(answer, "name"),
                            text_of(answer, "type"),          text_of(answer, "candidates"),
                            text_of(answer, "position")};
    if (error.message.find("Only SELECT statements") != std::string::npos) {
        return refuse_statement(text);
    }
    return duckdb_status(error, {text.sql, &text.place});
}

// DuckDB writes the tree always alike, so leaving out the places is all it takes. As the key's
// quotes are not escaped, no text of the user's can look like it.
std::string without_places(std::string_view json) {
    constexpr std::string_view kKey = "\"query_location\":";
    std::string kept;
    kept.reserve(json.size());
    while (true) {
        const size_t at = json.find(kKey);
        kept += json.substr(0, at);
        if (at == std::string_view::npos) return kept;
        json.remove_prefix(at + kKey.size());
        json.remove_prefix(std::min(json.find_first_not_of("0123456789,"), json.size()));
    }
}

class Trees {
public:
    Result<element> parse(std::string_view json) {
        const size_t capacity = std::max<size_t>(json.size(), 1 << 20);
        if (parser_.capacity() < capacity &&
            parser_.allocate(capacity, kTreeDepthMax) != simdjson::SUCCESS) {
            return resource_exhausted("there is no memory for the syntax tree of the SQL");
        }
        element root;
        const auto error = parser_.parse(json.data(), json.size()).get(root);
        if (error == simdjson::DEPTH_ERROR) {
            return resource_exhausted("the SQL is nested too deeply");
        }
        if (error != simdjson::SUCCESS) {
            return internal(std::string("DuckDB's tree of the SQL cannot be read: ") +
                            simdjson::error_message(error));
        }
        return root;
    }

private:
    simdjson::dom::parser parser_;
};

Result<Syntax> syntax_of(Trees& trees, std::string_view json, const SqlText& text) {
    const element answer = TRY(trees.parse(json));
    TRY(check_answer(answer, text));
    simdjson::dom::array statements;
    if (answer["statements"].get_array().get(statements) != simdjson::SUCCESS) {
        return internal("DuckDB's tree of the SQL holds no statements");
    }
    if (statements.size() == 0) {
        return placed(invalid_argument("there is no SELECT"), text.place, 0);
    }
    if (statements.size() > 1) return refuse_statement(text);
    Syntax syntax = walk_syntax(statements.at(0).value());
    syntax.normal_text = without_places(json);
    return syntax;
}

// The answers of one of DuckDB's json_serialize functions, row by row.
Result<frame::Batch> serialize(Session& session, const char* function,
                               std::span<const SqlText> texts) {
    std::string values;
    for (const auto& text : texts) {
        values += (values.empty() ? "(" : ", (") + quote_literal(text.sql) + ")";
    }
    return session.query_all("select " + std::string(function) + "(sql)::varchar from (values " +
                             values + ") as texts(sql)");
}

}  // namespace

std::vector<Result<Syntax>> parse_selects(Session& session, std::span<const SqlText> texts) {
    std::vector<Result<Syntax>> results;
    std::vector<SqlText> sound;
    for (const auto& text : texts) {
        Status status = check_sql_text({text.sql, &text.place});
        if (status.ok()) sound.push_back(text);
        results.push_back(status.ok() ? Result<Syntax>(Syntax()) : Result<Syntax>(status));
    }
    if (sound.empty()) return results;
    const auto answers = serialize(session, "json_serialize_sql", sound);
    Trees trees;
    size_t row = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
        if (!results[i].ok()) continue;
        if (!answers.ok()) {
            results[i] = answers.status();
        } else {
            results[i] = syntax_of(trees, answers->columns[0].text(row++), texts[i]);
        }
    }
    return results;
}

Result<Syntax> parse_select(Session& session, std::string_view sql, const PlaceOf& place) {
    const SqlText text{sql, place};
    return std::move(parse_selects(session, {&text, 1})[0]);
}

Status check_project_sql(const Syntax& syntax, const PlaceOf& place) {
    if (!syntax.parameters.empty()) {
        const std::string& name = syntax.parameters[0];
        const bool is_named = !name.empty() && (name[0] < '0' || name[0] > '9');
        return placed(invalid_argument(is_named ? "the variable $" + name + " has no value"
                                                : "a parameter (?) cannot stand here"),
                      place, 0)
            .hint("give it a value under `vars` in quern.yml and write $name");
    }
    for (const auto& use : syntax.table_functions) {
        const auto is_same = [&](std::string_view name) { return name == lower_ascii(use.name); };
        if (std::ranges::any_of(kPlainTableFunctions, is_same)) continue;
        return placed(invalid_argument("`" + use.name + "` hides where the rows come from"), place,
                      use.offset)
            .hint("declare a source in sources/ and read it by its name");
    }
    for (const auto& use : syntax.tables) {
        const bool is_file = use.name.find_first_of("./*:") != std::string::npos;
        if (!is_file) continue;
        return placed(invalid_argument("'" + use.name + "' is a file, not a table"), place,
                      use.offset)
            .hint("declare a source in sources/ and read it by its name");
    }
    return {};
}

Result<BoundSelect> bind_select(Session& session, std::string_view sql, const PlaceOf& place) {
    const SqlText text{sql, place};
    TRY(check_sql_text({sql, &place}));
    const auto answers = TRY(serialize(session, "json_serialize_plan", {&text, 1}));
    const auto json = answers.columns[0].text(0);
    Trees trees;
    const element answer = TRY(trees.parse(json));
    TRY(check_answer(answer, text));
    return BoundSelect{TRY(session.columns_of(sql, place)), std::string(json)};
}

}  // namespace quern::sql
