// Average precision: the area under the precision-recall curve as a step function.
#include <cmath>
#include <vector>

#include "quern/evaluate/metric.h"
#include "quern/evaluate/proportion.h"
#include "quern/evaluate/ranking.h"
#include "quern/stats/distributions.h"

namespace quern::evaluate {
namespace {

Result<double> pr_auc(const Judged& judged) {
    double sum = 0;
    std::vector<uint32_t> order;
    const size_t columns = probability_columns(judged);
    for (size_t column = 0; column < columns; ++column) {
        sum += average_precision(rank_class(judged, column, order));
    }
    return sum / static_cast<double>(columns);
}

std::optional<stats::Interval> pr_auc_interval(const Judged& judged, double value,
                                               double confidence) {
    if (!judged.is_binary() || value <= 0 || value >= 1) return std::nullopt;
    double positives = 0;
    for (size_t row = 0; row < judged.labels.size(); ++row) {
        positives += judged.weight(row) * (judged.labels[row] == 1);
    }
    positives *= rows_per_weight(judged);
    const double logit = std::log(value / (1 - value));
    const double half =
        stats::normal_quantile(0.5 + confidence / 2) / std::sqrt(positives * value * (1 - value));
    const auto back = [](double x) { return 1 / (1 + std::exp(-x)); };
    return stats::Interval{back(logit - half), back(logit + half)};
}

QUERN_REGISTER(Metric)
({.name = "pr_auc",
  .summary = "Average precision over all thresholds; of more classes the plain mean of each "
             "against the rest.",
  .source = "sklearn.metrics.average_precision_score (average 'macro')",
  .interval_source = "Two classes: logit interval (Boyd, Eng, Page 2013); more: percentile "
                     "bootstrap",
  .is_for_classify = true,
  .interval_method = "logit",
  .compute = pr_auc,
  .interval = pr_auc_interval});

}  // namespace
}  // namespace quern::evaluate
