// Confidence intervals of the plain kind: a proportion, a mean, a sample of replicates.
#pragma once

#include <span>

namespace quern::stats {

struct Interval {
    double low = 0, high = 0;
};

// Wilson's score interval (Wilson 1927) of a proportion; counts may be weighted sums.
Interval wilson_interval(double successes, double trials, double confidence);

// Clopper and Pearson's exact interval (1934) of a proportion.
Interval clopper_pearson_interval(double successes, double trials, double confidence);

struct Mean {
    double value = 0;
    double standard_error = 0;  // of the weighted mean, by its linearisation
};
// Empty weights are all 1; the values with weight must number at least one.
Mean weighted_mean(std::span<const double> values, std::span<const double> weights);

// value -+ z * standard_error
Interval normal_interval(double value, double standard_error, double confidence);

// The middle `confidence` of bootstrap replicates (linear interpolation between order
// statistics); NaNs are left out. Both ends are NaN when nothing is left.
Interval percentile_interval(std::span<const double> replicates, double confidence);

}  // namespace quern::stats
