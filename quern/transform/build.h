// Builds a table aside: nobody sees it until it is published.
#pragma once

#include <map>
#include <string>

#include "quern/frame/type.h"
#include "quern/sql/session.h"

namespace quern::transform {

struct BuildRequest {
    std::string materialization;  // an entry of the registry
    std::string sql;              // the table's SELECT, variables filled in
    sql::PlaceOf place;           // of a byte of `sql`
    std::string physical;         // plain name in schema quern_data
    // What the names in the SQL stand for: plain name -> physical name. The table reads these very
    // relations, whatever is published meanwhile.
    std::map<std::string, std::string> inputs;
};

struct Built {
    int64_t row_count = 0;
    frame::Schema columns;
};

// Made anew in one transaction: it is there whole or not at all.
Result<Built> build_table(sql::Session& session, const BuildRequest& request);

// The SELECT with its names bound to physical relations, as build_table runs it.
struct BoundSelect {
    std::string text;
    size_t prefix_bytes = 0;  // before the user's SQL
};
BoundSelect bind_inputs(const std::string& sql, const std::map<std::string, std::string>& inputs);

// Schemas quern_data, quern_failed and quern_bad.
Status make_schemas(sql::Session& session);

}  // namespace quern::transform
