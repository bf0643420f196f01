// How PostgreSQL's columns come: which of them DuckDB's reader brings as they are, and what the
// server makes of the others first, so that no value changes on its way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::data {

struct PostgresColumn {
    std::string name;
    frame::Type type;        // as DuckDB's reader has it
    std::string kind;        // pg_type.typname, of a domain that of what it stands on
    char family = 'b';       // pg_type.typtype: base, composite, domain, enum, range, multirange
    std::string element;     // typname of an array's elements
    std::string base;        // of a domain: its type in full
    bool is_nested = false;  // an array declared with more than one dimension
};

// What a row must not hold, as DuckDB's reader would bring something else in silence.
struct PostgresDoubt {
    std::string condition, what;  // in the server's SQL; for the user
};

struct PostgresColumns {
    std::string list;      // the SELECT list over `q`, which refuses doubtful values by itself
    bool is_plain = true;  // the columns can be read as they are, after a look for doubtful values
    std::vector<PostgresDoubt> doubts;
};

// `what` of a doubt stands behind it, where the server says it.
constexpr std::string_view kDoubtMark = "quern: ";

PostgresColumns postgres_columns(const project::Source& source,
                                 const std::vector<PostgresColumn>& columns);

// A query of the server for `kind` and what follows it, a row for each column of `query_sql`.
std::string postgres_kinds_sql(const frame::Schema& columns, const std::string& query_sql);

}  // namespace quern::data
