// Weights under an L1 penalty, most of them exactly 0.
#pragma once

#include <span>
#include <vector>

#include "quern/train/learner.h"

namespace quern::train {

// Columns of equal length, each of mean 0 and mean square 1, or all 0.
using LassoColumns = std::vector<std::vector<double>>;

struct LassoSettings {
    double alpha = 0.01;
    int64_t steps_max = 1000;  // over all columns
    double tolerance = 1e-10;  // of the largest change of a weight
    const Watch* watch = nullptr;
};

// Least mean((target - columns * weights)^2) / 2 + alpha * sum |weight|; the targets' mean is 0.
Result<std::vector<double>> lasso(const LassoColumns& columns, std::span<const double> targets,
                                  const LassoSettings& settings);

// Least mean log-loss of targets of 0 and 1 + alpha * sum |weight|; the intercept goes free.
Result<std::vector<double>> logistic_lasso(const LassoColumns& columns,
                                           std::span<const double> targets,
                                           const LassoSettings& settings);

}  // namespace quern::train
