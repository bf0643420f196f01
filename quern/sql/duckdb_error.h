// DuckDB's errors as Status.
#pragma once

#include <duckdb.h>

#include <string_view>

#include "quern/base/status.h"

namespace quern::sql {

// Code by DuckDB's kind; the message without the kind before it and the source line behind it.
// A "Did you mean" of DuckDB becomes the hint.
Status duckdb_status(duckdb_error_type type, std::string_view message);
// For calls that give only a text.
Status duckdb_status(std::string_view message);

}  // namespace quern::sql
