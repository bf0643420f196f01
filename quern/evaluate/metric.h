// Metrics: numbers that say how well predictions meet the truth, each with an interval. An entry
// equals the function of scikit-learn that its `source` names, edge cases included.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/base/status.h"
#include "quern/evaluate/judged.h"
#include "quern/stats/interval.h"

namespace quern::evaluate {

struct Metric {
    static constexpr std::string_view kind = "metric";
    std::string name;
    std::string summary;          // one sentence, with the averaging over classes
    std::string source;           // the scikit-learn function it equals
    std::string interval_source;  // how its interval is made, with the paper
    bool is_for_classify = false, is_for_regress = false;
    bool higher_is_better = true;
    bool reads_only_labels = false;             // a function of the confusion matrix alone
    std::string interval_method = "bootstrap";  // of `interval`: "DeLong", "Wilson", ...
    // failed_precondition where the metric is not defined, e.g. ROC AUC of one class.
    Result<double> (*compute)(const Judged& judged) = nullptr;
    // Analytic interval. None, or an empty answer, means the bootstrap.
    std::optional<stats::Interval> (*interval)(const Judged& judged, double value,
                                               double confidence) = nullptr;

    bool fits(Task task) const { return task == Task::classify ? is_for_classify : is_for_regress; }
};

struct Estimate {
    std::string metric;
    double value = 0;
    double low = 0, high = 0;     // both NaN when no interval could be made
    std::string interval_method;  // "DeLong", "Wilson", "normal", "logit", "bootstrap", "none"
};

struct EstimateSettings {
    double confidence = 0.95;
    int64_t replicate_count = 400;  // of the bootstrap
    uint64_t seed = 1;
    // Above this many rows x columns x replicates there are fewer replicates, at least 50.
    int64_t row_draws_max = 400'000'000;
};

// The estimates of all the metrics named (none: every metric of the task), in that order. A metric
// that is not defined on these rows is left out and its reason added to `notes`.
// Bootstrap: rows (for metrics of labels: cells of the confusion matrix) are drawn with
// replacement, the same draws for every metric, from the seed alone; the interval is the
// percentile one (Efron 1979). Weighted rows count as (sum w)^2 / (sum w^2) rows.
Result<std::vector<Estimate>> estimate(const Judged& judged,
                                       std::span<const std::string> metric_names,
                                       const EstimateSettings& settings,
                                       std::vector<std::string>* notes);

// invalid_argument unless the arrays agree in length and classes, and numbers are finite.
Status check_judged(const Judged& judged);

}  // namespace quern::evaluate
