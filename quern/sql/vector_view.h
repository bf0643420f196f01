// DuckDB's vectors as frame's column views.
#pragma once

#include <duckdb.h>

#include <string_view>
#include <vector>

#include "quern/frame/batch.h"

namespace quern::sql {

// `other` for the types that frame does not keep; the caller has DuckDB turn them into text.
frame::Type type_of(duckdb_logical_type type);
// Null for types that frame does not keep.
duckdb_logical_type duckdb_type_of(const frame::Type& type);

// Looks into the vector where it lies; texts get views in `texts`, and both must outlive the view.
frame::ColumnView view_of(duckdb_vector vector, const frame::Type& type, size_t row_count,
                          std::vector<std::string_view>& texts);

// Copies a column into a fresh vector of an equal type.
void fill_vector(duckdb_vector vector, const frame::ColumnView& column);

}  // namespace quern::sql
