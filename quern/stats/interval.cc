#include "quern/stats/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quern/stats/distributions.h"

namespace quern::stats {

Interval wilson_interval(double successes, double trials, double confidence) {
    const double z = normal_quantile(0.5 + confidence / 2);
    const double share = successes / trials;
    const double shrink = 1 + z * z / trials;
    const double centre = (share + z * z / (2 * trials)) / shrink;
    const double half =
        z / shrink * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval clopper_pearson_interval(double successes, double trials, double confidence) {
    const double tail = (1 - confidence) / 2;
    const double failures = trials - successes;
    return {successes > 0 ? beta_quantile(tail, successes, failures + 1) : 0,
            failures > 0 ? beta_quantile(1 - tail, successes + 1, failures) : 1};
}

Mean weighted_mean(std::span<const double> values, std::span<const double> weights) {
    double total = 0, weight_total = 0, count = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        const double weight = weights.empty() ? 1 : weights[i];
        total += weight * values[i];
        weight_total += weight;
        count += weight != 0;
    }
    Mean mean{total / weight_total, 0};
    double squares = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        const double weight = weights.empty() ? 1 : weights[i];
        const double pull = weight * (values[i] - mean.value);
        squares += pull * pull;
    }
    mean.standard_error = count > 1 ? std::sqrt(squares * count / (count - 1)) / weight_total
                                    : std::numeric_limits<double>::quiet_NaN();
    return mean;
}

Interval normal_interval(double value, double standard_error, double confidence) {
    const double half = normal_quantile(0.5 + confidence / 2) * standard_error;
    return {value - half, value + half};
}

Interval percentile_interval(std::span<const double> replicates, double confidence) {
    std::vector<double> sorted;
    std::ranges::copy_if(replicates, std::back_inserter(sorted),
                         [](double value) { return !std::isnan(value); });
    if (sorted.empty()) {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        return {nan, nan};
    }
    std::ranges::sort(sorted);
    const auto quantile = [&](double share) {
        const double position = share * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<size_t>(position);
        const size_t above = std::min(below + 1, sorted.size() - 1);
        const double part = position - static_cast<double>(below);
        return sorted[below] + part * (sorted[above] - sorted[below]);
    };
    return {quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)};
}

}  // namespace quern::stats
