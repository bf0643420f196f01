// How good the probabilities themselves are: log_loss and brier.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quern/evaluate/metric.h"
#include "quern/evaluate/ranking.h"

namespace quern::evaluate {
namespace {

double log_loss_of(const Judged& judged, size_t row) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    const auto label = static_cast<size_t>(judged.labels[row]);
    double probability = 0;
    if (judged.is_binary()) {
        // Clipped before it is turned round, as scikit-learn does.
        const double positive = std::clamp(judged.probabilities[row], 0.0, 1.0);
        probability = label == 1 ? positive : 1 - positive;
    } else {
        probability = judged.probabilities[row * probability_columns(judged) + label];
    }
    return -std::log(std::clamp(probability, kLeast, 1 - kLeast));
}

double brier_of(const Judged& judged, size_t row) {
    const size_t columns = probability_columns(judged);
    double sum = 0;
    for (size_t column = 0; column < columns; ++column) {
        const bool is_true = judged.labels[row] == class_of_column(judged, column);
        const double off = judged.probabilities[row * columns + column] - (is_true ? 1 : 0);
        sum += off * off;
    }
    return sum;
}

template <double (*loss_of)(const Judged&, size_t)>
stats::Mean mean_loss(const Judged& judged) {
    std::vector<double> losses(judged.row_count());
    for (size_t row = 0; row < losses.size(); ++row) losses[row] = loss_of(judged, row);
    return stats::weighted_mean(losses, judged.weights);
}

template <double (*loss_of)(const Judged&, size_t)>
Result<double> loss(const Judged& judged) {
    return mean_loss<loss_of>(judged).value;
}

template <double (*loss_of)(const Judged&, size_t)>
std::optional<stats::Interval> loss_interval(const Judged& judged, double value,
                                             double confidence) {
    auto interval =
        stats::normal_interval(value, mean_loss<loss_of>(judged).standard_error, confidence);
    interval.low = std::max(0.0, interval.low);
    return interval;
}

QUERN_REGISTER(Metric)
({.name = "log_loss",
  .summary = "Mean of -ln(probability given to the true class); punishes confident errors.",
  .source = "sklearn.metrics.log_loss",
  .interval_source = "Normal interval of the mean over rows",
  .is_for_classify = true,
  .higher_is_better = false,
  .interval_method = "normal",
  .compute = loss<log_loss_of>,
  .interval = loss_interval<log_loss_of>});

QUERN_REGISTER(Metric)
({.name = "brier",
  .summary = "Mean squared distance of the probabilities from what happened; of more classes "
             "summed over the classes.",
  .source = "sklearn.metrics.brier_score_loss",
  .interval_source = "Normal interval of the mean over rows",
  .is_for_classify = true,
  .higher_is_better = false,
  .interval_method = "normal",
  .compute = loss<brier_of>,
  .interval = loss_interval<brier_of>});

}  // namespace
}  // namespace quern::evaluate
