// DuckDB's types and frame's.
#pragma once

#include <duckdb.h>

#include "quern/frame/type.h"

namespace quern::sql {

// `other`, with DuckDB's name of it, for the types that frame does not keep; the caller has DuckDB
// turn their values into text.
frame::Type type_of(duckdb_logical_type type);
// Null for types that frame does not keep.
duckdb_logical_type duckdb_type_of(const frame::Type& type);

}  // namespace quern::sql
