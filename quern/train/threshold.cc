#include "quern/train/threshold.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "quern/evaluate/metric.h"

namespace quern::train {
namespace {

using Rule = project::ThresholdRule::Kind;

struct Counts {  // sums of weights
    double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
};

Result<double> metric_value(const evaluate::Metric& metric, const Counts& counts) {
    const std::vector<int32_t> labels = {1, 0, 1, 0}, predicted = {1, 1, 0, 0};
    const std::vector<double> weights = {counts.true_positive, counts.false_positive,
                                         counts.false_negative, counts.true_negative};
    evaluate::Judged cells;
    cells.labels = labels;
    cells.predicted = predicted;
    cells.weights = weights;
    const double value = TRY(metric.compute(cells));
    return metric.higher_is_better ? value : -value;
}

// The higher the better; minus infinity: not to be taken.
Result<double> worth(const Counts& counts, const project::ThresholdRule& rule,
                     const evaluate::Metric* metric) {
    if (rule.kind == Rule::cost) {
        return -(counts.false_positive * rule.false_positive +
                 counts.false_negative * rule.false_negative);
    }
    if (rule.kind == Rule::best) return metric_value(*metric, counts);
    const double said = counts.true_positive + counts.false_positive;
    const double all = said + counts.false_negative + counts.true_negative;
    return said <= rule.rate * all ? said : -INFINITY;
}

Result<const evaluate::Metric*> metric_of(const project::ThresholdRule& rule) {
    if (rule.kind != Rule::best) return nullptr;
    const auto* metric = TRY(Registry<evaluate::Metric>::of_kind().find(rule.metric));
    if (metric->reads_only_labels && metric->is_for_classify) return metric;
    return invalid_argument("metric '" + rule.metric + "' does not depend on the threshold")
        .hint("use one of labels, such as f1, recall or balanced_accuracy");
}

// Halfway between two neighbours, so that no rounding moves a row across.
double place_between(double probability, double below) {
    const double middle = below + (probability - below) / 2;
    return middle > below ? middle : probability;
}

}  // namespace

Status check_threshold_rule(const project::ThresholdRule& rule) {
    return metric_of(rule).status().at(rule.place.text());
}

Result<double> choose_threshold(const evaluate::Judged& judged,
                                const project::ThresholdRule& rule) {
    const evaluate::Metric* metric = TRY(metric_of(rule));
    const auto& p = judged.probabilities;
    std::vector<uint32_t> order(p.size());
    std::iota(order.begin(), order.end(), uint32_t{0});
    std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) { return p[a] > p[b]; });
    if (order.empty()) return failed_precondition("there is no row to choose the threshold by");
    Counts counts;
    for (const uint32_t row : order)
        (judged.labels[row] == 1 ? counts.false_negative : counts.true_negative) +=
            judged.weight(row);
    // First of all none is positive, then one more group of equal probabilities after the other.
    double threshold = place_between(std::nextafter(1.0, 2.0), p[order[0]]);
    double most = TRY(worth(counts, rule, metric));
    for (size_t i = 0; i < order.size();) {
        const double probability = p[order[i]];
        for (; i < order.size() && p[order[i]] == probability; ++i) {
            const double weight = judged.weight(order[i]);
            const bool is_positive = judged.labels[order[i]] == 1;
            (is_positive ? counts.true_positive : counts.false_positive) += weight;
            (is_positive ? counts.false_negative : counts.true_negative) -= weight;
        }
        const double value = TRY(worth(counts, rule, metric));
        if (!(value > most)) continue;
        most = value;
        threshold = i == order.size() ? 0 : place_between(probability, p[order[i]]);
    }
    return threshold;
}

}  // namespace quern::train
