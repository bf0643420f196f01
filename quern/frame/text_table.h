// Rows as an aligned table for people.
#pragma once

#include <string>
#include <vector>

#include "quern/frame/batch.h"

namespace quern::frame {

struct TextTable {
    struct Column {
        std::string name;
        bool is_number = false;  // stands to the right
    };
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as `columns`
};

struct TextTableLimits {
    int width = 100;  // of a line; long texts are cut, then columns left out
    int cell_width_min = 8;
    size_t value_bytes_max = 4'096;  // of a value that is looked at at all
};

TextTable text_table_of(const Batch& batch, const TextTableLimits& limits = {});

// A header and a line for each row; two spaces between the columns. When columns do not fit, a
// last line says how many are left out.
std::string aligned_text(const TextTable& table, const TextTableLimits& limits = {});

}  // namespace quern::frame
