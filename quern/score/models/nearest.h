// The rows that training saw, asked for those nearest to a new one by Euclidean distance. Of
// equally near rows, the earlier one counts.
#pragma once

#include <vector>

#include "quern/score/program.h"

namespace quern::score {

struct Nearest {
    std::vector<double> points;   // [row][column]
    std::vector<double> targets;  // a value, or the position of a class
    std::vector<double> weights;  // of votes, above 0; empty: all 1
    uint32_t class_count = 0;     // 0: values
    uint32_t neighbors = 5;       // that vote
    bool is_by_distance = false;  // a vote counts 1 / distance; where some are 0, these alone
};

constexpr size_t kNeighborsMax = 1000;

// Raw scores are the mean value, or each class's share of the votes.
FittedModel pack(const Nearest& nearest);

}  // namespace quern::score
