// What DuckDB's own parser and binder say of a SELECT. Nothing here runs it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/sql/session.h"

namespace quern::sql {

// A name as it was first written.
struct NameUse {
    std::string schema;  // empty when none was written
    std::string name;
    size_t offset = 0;  // of its first byte in the SQL
};

// A call of a function that quern has models answer: predict, predict_proba, explain,
// explain_interactions.
struct ModelCallUse {
    std::string function;            // in lower case
    size_t offset = 0;               // of its name in the SQL
    bool is_unnamed_column = false;  // a column of the result that has no alias
};

struct Syntax {
    std::vector<NameUse> tables;           // that are read, each once, without CTEs; by name
    std::vector<NameUse> table_functions;  // in FROM: read_csv, range; also `describe` and `show`
    // What gives other values at the next run: now, random, current_date, a sample without seed.
    std::vector<std::string> volatile_functions;
    std::vector<std::string> parameters;    // $names and ? that stand for a value still
    std::vector<ModelCallUse> model_calls;  // in the order of the SQL
    // The meaning: equal for texts that differ in spaces, comments, brackets, case of keywords.
    std::string normal_text;
};

struct SqlText {
    std::string_view sql;
    PlaceOf place = {};
};

// One SELECT (also FROM first, VALUES, set operations); all else is refused.
Result<Syntax> parse_select(Session& session, std::string_view sql, const PlaceOf& place = {});
// The same for many texts in one call of DuckDB; the results are in the order of the texts.
std::vector<Result<Syntax>> parse_selects(Session& session, std::span<const SqlText> texts);

// Refuses what would hide where a table's rows come from: files and databases read inside SQL,
// tables named by text, and what still needs a value.
Status check_project_sql(const Syntax& syntax, const PlaceOf& place = {});

struct BoundSelect {
    frame::Schema columns;
    std::string plan_json;  // DuckDB's bound plan, not optimised: types and casts are explicit
};
// Over the tables that the session's database holds.
Result<BoundSelect> bind_select(Session& session, std::string_view sql, const PlaceOf& place = {});

}  // namespace quern::sql
