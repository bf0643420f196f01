#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "quern/score/models/trees.h"

namespace quern::score {

// The nodes of all trees and, as nodes that lead to themselves, their leaves.
struct Walk {
    struct Step {
        double threshold = 0;            // of a leaf: its value
        std::array<uint32_t, 2> next{};  // left, right
        uint32_t column = 0;
        uint8_t nan_left = 0;  // what NaN takes, all rules applied
        enum Kind : uint8_t { numeric, zero_is_missing, categorical } kind = numeric;
        uint32_t first_word = 0, word_count = 0;  // of a leaf: first_word is its number
    };
    struct LinearLeaf {
        double constant = 0;
        uint32_t first_term = 0, term_count = 0;
    };
    std::vector<Step> steps;
    std::vector<uint32_t> roots;   // by tree
    std::vector<uint32_t> depths;  // steps from root to the deepest leaf
    std::vector<uint32_t> categories;
    std::vector<LinearLeaf> linear;  // of all leaves, or none
    std::vector<Trees::Term> terms;
    size_t column_count = 0;
    uint32_t raw_count = 1;
    double divisor = 1;
    bool is_float32 = false;
    bool is_plain = false;  // every split is numeric and zero is no missing value
};

bool goes_left(const Walk& walk, const Walk::Step& step, double value);
Walk make_walk(const Trees& trees, size_t column_count);
void score_walk(const Walk& walk, const double* matrix, size_t row_count, double* raw);

}  // namespace quern::score
