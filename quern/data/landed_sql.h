// The rows of a source as SQL over the batches that have landed.
#pragma once

#include <string>
#include <vector>

#include "quern/frame/type.h"
#include "quern/project/project.h"
#include "quern/store/landed.h"

namespace quern::data {

// Each batch's file has these beside the source's own columns: its number, and when it landed.
constexpr std::string_view kBatchColumn = "_quern_batch", kLandedColumn = "_quern_landed_at";

// How batches are written, behind COPY ... TO.
constexpr std::string_view kParquetOptions =
    " (format parquet, compression zstd, compression_level 1)";

struct LandedRelation {
    std::string select_sql;  // files are named below the landing folder: see file_search_path
    std::string bad_sql;     // of the rows that could not be loaded; empty: there are none
    frame::Schema columns;
    // The rows are the batches' rows as they lie there, so a view is as good as a table.
    bool is_plain = false;
    std::vector<std::string> files;  // that these read
};

LandedRelation landed_relation(const project::Source& source, const store::LandedSource& state,
                               const std::vector<store::LandedBatch>& batches);

// The same for the rows that a pull of an upsert compares with: the newest of each key.
std::string current_rows_sql(const project::Source& source, const store::LandedSource& state,
                             const std::vector<store::LandedBatch>& batches);

// Columns and keys as SQL lists them.
std::string names_of(const frame::Schema& columns);
std::string keys_of(const project::Source& source);
std::string has_key_sql(const project::Source& source);  // none of the key's columns is NULL
// The wanted columns out of rows that may lack some, or have them in another type; `casts_all`: the
// types of those there are not quite known.
std::string columns_sql(const frame::Schema& wanted, const frame::Schema& there,
                        bool casts_all = false);

// One row a key of those of `sql`: the highest by the cursor, then by its text, so that the choice
// is the same each time. Rows without a key stay.
std::string newest_of_keys_sql(const project::Source& source, const frame::Schema& columns,
                               const std::string& sql);
// Without the rows of `sql` that are older, by the cursor, than those of their key in `known_from`.
std::string without_older_sql(const project::Source& source, const frame::Schema& columns,
                              const std::string& sql, const std::string& known_from);

// The rows that could not be loaded; empty: there are none.
std::string bad_rows_sql(const std::vector<store::LandedBatch>& batches);

// What the rows are, for a fingerprint.
std::string landed_version(const std::vector<store::LandedBatch>& batches);

// The rows of `sql` that are not among those of `known_from` by the values of the `common` columns,
// each counted as often as it is there.
std::string rows_added_sql(const frame::Schema& columns, const frame::Schema& common,
                           const std::string& sql, const std::string& known_from);

// The condition from <= name < to on values of the type; an empty one is no limit.
std::string range_sql(const std::string& name, const std::string& from, const std::string& to,
                      const frame::Type& type);

}  // namespace quern::data
