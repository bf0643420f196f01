// DuckDB's errors as Status, with the place in the user's file and the nearest known name.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/sql/session.h"

namespace quern::sql {

// Which SQL failed, as its author wrote it.
struct SqlOrigin {
    std::string_view sql;
    const PlaceOf* place = nullptr;  // null or empty: the status gets no place
    size_t shift_bytes = 0;          // how much quern put before it
};

// What DuckDB tells of an error; empty is unknown.
struct DuckdbError {
    std::string kind;  // "Binder", "binder"
    std::string message, subtype, name, entry_type, candidates, position;
};

// At the place of a byte of the SQL, where that is known.
Status placed(Status status, const SqlOrigin& origin, size_t offset);

Status duckdb_status(const DuckdbError& error, const SqlOrigin& origin = {});
// From the text of an error: "Binder Error: " and a JSON object or plain words.
Status duckdb_status(std::string_view text, const SqlOrigin& origin = {});

// DuckDB takes texts that end in NUL, in UTF-8: refuses others.
Status check_sql_text(const SqlOrigin& origin);

}  // namespace quern::sql
