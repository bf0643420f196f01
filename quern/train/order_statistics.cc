#include "quern/train/order_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quern::train {

Moments moments_of(std::span<const double> values) {
    if (values.empty()) return {};
    const auto count = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += value;
    const double mean = sum / count;
    double off = 0, squares = 0;
    for (const double value : values) {
        off += value - mean;
        squares += (value - mean) * (value - mean);
    }
    const double variance = (squares - off * off / count) / count;
    // The bound of scikit-learn's StandardScaler (Chan, Golub, LeVeque 1983).
    constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
    const double noise = count * kEpsilon * variance + std::pow(count * mean * kEpsilon, 2);
    return {mean, variance <= noise ? 0 : std::sqrt(variance)};
}

double quantile_of(std::span<const double> sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(at);
    if (below + 1 >= sorted.size()) return sorted.back();
    const double part = at - static_cast<double>(below);
    const double step = sorted[below + 1] - sorted[below];
    // As NumPy does, from the nearer end.
    return part < 0.5 ? sorted[below] + step * part : sorted[below + 1] - step * (1 - part);
}

double mode_of(std::vector<double> values) {
    std::ranges::sort(values);
    double mode = 0;
    size_t most = 0;
    for (size_t i = 0; i < values.size();) {
        size_t end = i;
        while (end < values.size() && values[end] == values[i]) ++end;
        if (end - i > most) {
            most = end - i;
            mode = values[i];
        }
        i = end;
    }
    return mode;
}

}  // namespace quern::train
