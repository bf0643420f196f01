// Area under the ROC curve: how often a positive row scores above a negative one.
#include <algorithm>
#include <cmath>
#include <vector>

#include "quern/base/text.h"
#include "quern/evaluate/metric.h"
#include "quern/evaluate/ranking.h"

namespace quern::evaluate {
namespace {

Result<double> roc_auc(const Judged& judged) {
    double sum = 0;
    std::vector<uint32_t> order;
    const size_t columns = probability_columns(judged);
    for (size_t column = 0; column < columns; ++column) {
        const Ranked ranked = rank_class(judged, column, order);
        if (ranked.positive_weight == 0 || ranked.negative_weight == 0) {
            return failed_precondition("roc_auc needs rows of every class, and " +
                                       plural(static_cast<int64_t>(judged.row_count()), "row") +
                                       " hold too few of them");
        }
        sum += roc_area(ranked);
    }
    return sum / static_cast<double>(columns);
}

std::optional<stats::Interval> roc_auc_interval(const Judged& judged, double value,
                                                double confidence) {
    std::vector<double> influence(judged.row_count());
    std::vector<uint32_t> order;
    const size_t columns = probability_columns(judged);
    for (size_t column = 0; column < columns; ++column) {
        const Ranked ranked = rank_class(judged, column, order);
        add_influence(ranked, roc_area(ranked), 1 / static_cast<double>(columns), influence);
    }
    double variance = 0;
    for (const double part : influence) variance += part * part;
    const auto interval = stats::normal_interval(value, std::sqrt(variance), confidence);
    return stats::Interval{std::max(0.0, interval.low), std::min(1.0, interval.high)};
}

QUERN_REGISTER(Metric)
({.name = "roc_auc",
  .summary = "Area under the ROC curve; of more classes the plain mean of each against the rest.",
  .source = "sklearn.metrics.roc_auc_score (multi_class 'ovr', average 'macro')",
  .interval_source = "DeLong, DeLong, Clarke-Pearson 1988; of more classes the same components "
                     "averaged over the classes",
  .is_for_classify = true,
  .interval_method = "DeLong",
  .compute = roc_auc,
  .interval = roc_auc_interval});

}  // namespace
}  // namespace quern::evaluate
