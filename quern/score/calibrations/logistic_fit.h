// Logistic regression of one or two columns with an intercept, by Newton's method.
#pragma once

#include <array>
#include <span>

#include "quern/base/status.h"

namespace quern::score {

struct LogisticRows {
    std::span<const std::array<double, 2>> x;  // with one column the second is not looked at
    std::span<const double> targets;           // in [0, 1]
    std::span<const double> weights;
    size_t column_count = 2;
};
// Weights of the columns, then the intercept.
using LogisticFit = std::array<double, 3>;

// Least log loss; failed_precondition when there is none, as where a column parts the targets.
Result<LogisticFit> fit_logistic(const LogisticRows& rows);

}  // namespace quern::score
