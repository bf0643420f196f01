// Ridge regression without an intercept, by oneDAL.
#pragma once

#include <vector>

#include "quern/base/status.h"
#include "quern/train/onedal/ridge_solver.h"

namespace quern::train {

// The weights that make sum (target - row * weights)^2 + alpha * sum weights^2 least. Runs on one
// thread, since oneDAL adds up in the order in which threads finish.
Result<std::vector<double>> ridge(const RidgeInput& input);

}  // namespace quern::train
