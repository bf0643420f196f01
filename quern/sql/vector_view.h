// DuckDB's vectors as frame's column views.
#pragma once

#include <duckdb.h>

#include <string_view>
#include <vector>

#include "quern/frame/batch.h"

namespace quern::sql {

// Looks into the vector where it lies; texts get views in `texts`, and both must outlive the view.
frame::ColumnView view_of(duckdb_vector vector, const frame::Type& type, size_t row_count,
                          std::vector<std::string_view>& texts);

// Copies a column into a fresh vector of an equal type.
void fill_vector(duckdb_vector vector, const frame::ColumnView& column);

}  // namespace quern::sql
