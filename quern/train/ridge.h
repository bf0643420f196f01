// Ridge regression without an intercept; the only door to oneDAL.
#pragma once

#include <vector>

#include "quern/base/status.h"

namespace quern::train {

struct RidgeInput {
    const double* matrix = nullptr;   // [row][column], 64-byte aligned
    const double* targets = nullptr;  // 64-byte aligned
    size_t row_count = 0, column_count = 0;
    double alpha = 1;
};

// The weights that make sum (target - row * weights)^2 + alpha * sum weights^2 least. Runs on one
// thread, since oneDAL adds up in the order in which threads finish.
Result<std::vector<double>> ridge(const RidgeInput& input);

}  // namespace quern::train
