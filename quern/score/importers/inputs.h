// The part before an imported model: one input a column, as the file names and types them.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "quern/score/importer.h"

namespace quern::score {

struct ImportedColumn {
    std::string name;
    bool is_nullable = true;
    // A category: its code is the place in the one that is not empty; the column is text or BIGINT.
    bool is_category = false;
    std::vector<std::string> texts;
    std::vector<int64_t> integers;
    double unseen = std::nan(""), missing = std::nan("");  // codes of what is not in the list
};

// Columns named by the file, or x0, x1, ... where it has no names.
Result<std::vector<ImportedColumn>> name_columns(size_t count, std::vector<std::string> of_file,
                                                 const ImportOptions& options);

// A program of these inputs, encoded in their order; task, model and link are still to be set.
Program program_of(std::vector<ImportedColumn> columns, const ImportOptions& options);

// Labels in the order of the raw scores; whole numbers from 0 where the file has none.
void set_classes(Program& program, std::vector<std::string> labels, bool are_integers = false);
void set_counted_classes(Program& program, size_t count);

constexpr size_t kImportedColumnsMax = 100'000;

}  // namespace quern::score
