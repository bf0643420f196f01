#include "quern/evaluate/metric.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "quern/base/text.h"
#include "quern/evaluate/confusion.h"
#include "quern/evaluate/proportion.h"
#include "quern/evaluate/ranking.h"
#include "quern/stats/random.h"

namespace quern::evaluate {
namespace {

struct Open {  // a metric whose interval is still to be made
    const Metric* metric;
    size_t slot;
    std::vector<double> replicates;
};

void keep_replicate(std::vector<Open>& open, const Judged& drawn) {
    for (auto& [metric, slot, replicates] : open) {
        auto value = metric->compute(drawn);
        replicates.push_back(value.ok() ? *value : std::numeric_limits<double>::quiet_NaN());
    }
}

// Draws the cells of the confusion matrix: the same law as drawing rows, and as quick for a
// million rows as for a thousand.
void draw_cells(const Judged& judged, const EstimateSettings& settings, std::vector<Open>& open) {
    const ConfusionMatrix matrix = confusion_matrix(judged);
    std::vector<int32_t> labels, predicted;
    std::vector<double> counts, drawn_counts;
    for (int32_t truth = 0; truth < matrix.class_count; ++truth) {
        for (int32_t chosen = 0; chosen < matrix.class_count; ++chosen) {
            if (matrix.at(truth, chosen) == 0) continue;
            labels.push_back(truth);
            predicted.push_back(chosen);
            counts.push_back(matrix.at(truth, chosen));
        }
    }
    drawn_counts.resize(counts.size());
    Judged drawn = judged;
    drawn.labels = labels;
    drawn.predicted = predicted;
    drawn.weights = drawn_counts;
    const double weight = weight_total(judged);
    const auto rows = std::max<int64_t>(1, std::llround(weight * rows_per_weight(judged)));
    stats::Random random(settings.seed);
    for (int64_t i = 0; i < settings.replicate_count; ++i) {
        int64_t rows_left = rows;
        double weight_left = weight;
        for (size_t cell = 0; cell < counts.size(); ++cell) {
            const double share = std::clamp(counts[cell] / weight_left, 0.0, 1.0);
            const bool is_last = cell + 1 == counts.size();
            const int64_t taken =
                is_last ? rows_left : std::binomial_distribution<int64_t>(rows_left, share)(random);
            drawn_counts[cell] = static_cast<double>(taken);
            rows_left -= taken;
            weight_left -= counts[cell];
        }
        keep_replicate(open, drawn);
    }
}

void draw_rows(const Judged& judged, const EstimateSettings& settings, std::vector<Open>& open) {
    const size_t rows = judged.row_count();
    std::vector<uint32_t> ranking;
    Judged drawn = judged;
    if (judged.task == Task::classify && judged.ranking.empty()) {
        ranking = rank_rows(judged);
        drawn.ranking = ranking;
    }
    const auto work = static_cast<int64_t>(rows * std::max<size_t>(1, probability_columns(judged)));
    const int64_t affordable = std::max<int64_t>(50, settings.row_draws_max / work);
    const int64_t replicates = std::min(settings.replicate_count, affordable);
    std::vector<double> weights(rows);
    drawn.weights = weights;
    stats::Random random(settings.seed);
    for (int64_t i = 0; i < replicates; ++i) {
        std::ranges::fill(weights, 0);
        for (size_t draw = 0; draw < rows; ++draw) {
            const size_t row = random.below(rows);
            weights[row] += judged.weight(row);
        }
        keep_replicate(open, drawn);
    }
}

void bootstrap(const Judged& judged, const EstimateSettings& settings,
               void (*draw)(const Judged&, const EstimateSettings&, std::vector<Open>&),
               std::vector<Open> open, std::vector<Estimate>& estimates) {
    if (open.empty() || settings.replicate_count <= 0) return;
    draw(judged, settings, open);
    for (const auto& [metric, slot, replicates] : open) {
        const auto interval = stats::percentile_interval(replicates, settings.confidence);
        estimates[slot].low = interval.low;
        estimates[slot].high = interval.high;
        estimates[slot].interval_method = std::isnan(interval.low) ? "none" : "bootstrap";
    }
}

Result<std::vector<const Metric*>> metrics_to_measure(Task task,
                                                      std::span<const std::string> names) {
    std::vector<const Metric*> metrics;
    if (names.empty()) {
        for (const auto& metric : Registry<Metric>::of_kind().all()) {
            if (metric.fits(task)) metrics.push_back(&metric);
        }
        return metrics;
    }
    for (const auto& name : names) {
        const auto* metric = TRY(Registry<Metric>::of_kind().find(name));
        if (!metric->fits(task)) {
            return invalid_argument("metric '" + name + "' is not for " +
                                    (task == Task::classify ? "classes" : "numbers") +
                                    " as a target");
        }
        metrics.push_back(metric);
    }
    return metrics;
}

bool is_finite(std::span<const double> values) {
    return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

Status check_classes(const Judged& judged) {
    const size_t rows = judged.labels.size();
    if (judged.class_count < 1) return invalid_argument("there is no class to judge");
    if (judged.predicted.size() != rows ||
        judged.probabilities.size() != rows * probability_columns(judged)) {
        return invalid_argument("predictions and labels differ in number");
    }
    const auto is_class = [&](int32_t c) { return c >= 0 && c < judged.class_count; };
    if (!std::ranges::all_of(judged.labels, is_class) ||
        !std::ranges::all_of(judged.predicted, is_class)) {
        return invalid_argument("a label is not one of the classes");
    }
    if (!is_finite(judged.probabilities)) return invalid_argument("a probability is not finite");
    return {};
}

}  // namespace

Status check_judged(const Judged& judged) {
    const size_t rows = judged.row_count();
    if (rows == 0) return invalid_argument("there are no rows to judge");
    if (judged.task == Task::classify) {
        TRY(check_classes(judged));
    } else {
        if (judged.values.size() != rows) {
            return invalid_argument("predictions and targets differ in number");
        }
        if (!is_finite(judged.values)) return invalid_argument("a predicted value is not finite");
        if (!is_finite(judged.targets)) return invalid_argument("a target is not finite");
    }
    if (judged.weights.empty()) return {};
    if (judged.weights.size() != rows) return invalid_argument("weights and rows differ in number");
    const auto is_weight = [](double weight) { return std::isfinite(weight) && weight >= 0; };
    if (!std::ranges::all_of(judged.weights, is_weight)) {
        return invalid_argument("a weight is not a number of at least 0");
    }
    if (weight_total(judged) == 0) return invalid_argument("all weights are 0");
    return {};
}

Result<std::vector<Estimate>> estimate(const Judged& judged,
                                       std::span<const std::string> metric_names,
                                       const EstimateSettings& settings,
                                       std::vector<std::string>* notes) {
    TRY(check_judged(judged));
    const auto metrics = TRY(metrics_to_measure(judged.task, metric_names));
    std::vector<Estimate> estimates;
    std::vector<Open> of_cells, of_rows;
    for (const auto* metric : metrics) {
        auto value = metric->compute(judged);
        if (!value.ok()) {
            if (notes != nullptr) {
                notes->push_back(metric->name + " is left out: " +
                                 std::string(std::move(value).status().message()));
            }
            continue;
        }
        const double nan = std::numeric_limits<double>::quiet_NaN();
        Estimate estimate{metric->name, *value, nan, nan, "none"};
        std::optional<stats::Interval> interval;
        if (metric->interval != nullptr) {
            interval = metric->interval(judged, *value, settings.confidence);
        }
        if (interval && !std::isnan(interval->low)) {
            estimate.low = interval->low;
            estimate.high = interval->high;
            estimate.interval_method = metric->interval_method;
        } else if (!interval) {
            (metric->reads_only_labels ? of_cells : of_rows)
                .push_back({metric, estimates.size(), {}});
        }
        estimates.push_back(std::move(estimate));
    }
    bootstrap(judged, settings, draw_cells, std::move(of_cells), estimates);
    bootstrap(judged, settings, draw_rows, std::move(of_rows), estimates);
    return estimates;
}

}  // namespace quern::evaluate
