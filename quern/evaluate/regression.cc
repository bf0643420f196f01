// Distances of predicted values from the true ones: mae, rmse, r2, mape.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quern/evaluate/metric.h"

namespace quern::evaluate {
namespace {

template <class Loss>
stats::Mean mean_loss(const Judged& judged, Loss loss) {
    std::vector<double> losses(judged.targets.size());
    for (size_t row = 0; row < losses.size(); ++row) {
        losses[row] = loss(judged.targets[row], judged.values[row]);
    }
    return stats::weighted_mean(losses, judged.weights);
}

double absolute(double target, double value) { return std::abs(target - value); }
double squared(double target, double value) { return (target - value) * (target - value); }
double relative(double target, double value) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    return std::abs(target - value) / std::max(std::abs(target), kLeast);
}

template <double (*loss)(double, double)>
Result<double> mean(const Judged& judged) {
    return mean_loss(judged, loss).value;
}

template <double (*loss)(double, double)>
std::optional<stats::Interval> mean_interval(const Judged& judged, double value,
                                             double confidence) {
    auto interval =
        stats::normal_interval(value, mean_loss(judged, loss).standard_error, confidence);
    interval.low = std::max(0.0, interval.low);
    return interval;
}

Result<double> rmse(const Judged& judged) { return std::sqrt(mean_loss(judged, squared).value); }

std::optional<stats::Interval> rmse_interval(const Judged& judged, double, double confidence) {
    const stats::Mean mse = mean_loss(judged, squared);
    const auto interval = stats::normal_interval(mse.value, mse.standard_error, confidence);
    return stats::Interval{std::sqrt(std::max(0.0, interval.low)), std::sqrt(interval.high)};
}

struct Spread {
    double centre, variance;
};
Spread spread_of_targets(const Judged& judged) {
    const double centre = stats::weighted_mean(judged.targets, judged.weights).value;
    const auto around = [&](double target, double) {
        return (target - centre) * (target - centre);
    };
    return {centre, mean_loss(judged, around).value};
}

Result<double> r2(const Judged& judged) {
    if (judged.targets.size() < 2) {
        return failed_precondition("r2 needs two rows, and there is one");
    }
    const double variance = spread_of_targets(judged).variance;
    const double error = mean_loss(judged, squared).value;
    if (error == 0) return 1.0;
    return variance == 0 ? 0.0 : 1 - error / variance;
}

// The error of a ratio of two means, to first order (the delta method).
std::optional<stats::Interval> r2_interval(const Judged& judged, double value, double confidence) {
    const Spread spread = spread_of_targets(judged);
    if (spread.variance == 0) return std::nullopt;
    const auto pull = [&](double target, double predicted) {
        const double around = (target - spread.centre) * (target - spread.centre);
        return (squared(target, predicted) - (1 - value) * around) / spread.variance;
    };
    auto interval =
        stats::normal_interval(value, mean_loss(judged, pull).standard_error, confidence);
    interval.high = std::min(1.0, interval.high);
    return interval;
}

QUERN_REGISTER(Metric)
({.name = "mae",
  .summary = "Mean distance of the prediction from the truth, in the target's unit.",
  .source = "sklearn.metrics.mean_absolute_error",
  .interval_source = "Normal interval of the mean over rows",
  .is_for_regress = true,
  .higher_is_better = false,
  .interval_method = "normal",
  .compute = mean<absolute>,
  .interval = mean_interval<absolute>});

QUERN_REGISTER(Metric)
({.name = "rmse",
  .summary = "Root of the mean squared distance, in the target's unit; large errors weigh more.",
  .source = "sklearn.metrics.root_mean_squared_error",
  .interval_source = "Root of the normal interval of the mean squared error",
  .is_for_regress = true,
  .higher_is_better = false,
  .interval_method = "normal",
  .compute = rmse,
  .interval = rmse_interval});

QUERN_REGISTER(Metric)
({.name = "mape",
  .summary = "Mean distance as a share of the true value; huge where the truth is near 0.",
  .source = "sklearn.metrics.mean_absolute_percentage_error",
  .interval_source = "Normal interval of the mean over rows",
  .is_for_regress = true,
  .higher_is_better = false,
  .interval_method = "normal",
  .compute = mean<relative>,
  .interval = mean_interval<relative>});

QUERN_REGISTER(Metric)
({.name = "r2",
  .summary = "Share of the target's variance that the prediction explains; 0 is the mean's.",
  .source = "sklearn.metrics.r2_score",
  .interval_source = "Normal interval of a ratio of means (delta method)",
  .is_for_regress = true,
  .interval_method = "normal",
  .compute = r2,
  .interval = r2_interval});

}  // namespace
}  // namespace quern::evaluate
