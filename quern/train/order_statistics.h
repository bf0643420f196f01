// Numbers about a list of numbers, as the references of the transforms count them.
#pragma once

#include <span>
#include <vector>

namespace quern::train {

struct Moments {
    double mean = 0, deviation = 0;  // over n; 0 of nothing
};
// In two passes, so that a large mean costs no digits. A deviation that is rounding is 0.
Moments moments_of(std::span<const double> values);

// Of sorted values, at least one, by linear interpolation (Hyndman and Fan's type 7, NumPy's
// default); share in [0, 1].
double quantile_of(std::span<const double> sorted, double share);

// The most frequent value, of equals the smallest; 0 of nothing.
double mode_of(std::vector<double> values);

}  // namespace quern::train
