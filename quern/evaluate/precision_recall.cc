// Precision, recall and F1: of two classes for the positive one, of more their mean over the
// classes that occur as truth or as prediction. A division by zero counts as 0, as in scikit-learn.
#include "quern/evaluate/confusion.h"
#include "quern/evaluate/metric.h"
#include "quern/evaluate/proportion.h"

namespace quern::evaluate {
namespace {

double divide(double above, double below) { return below > 0 ? above / below : 0; }

struct Counts {
    double hits, truths, chosen;
};

template <class OfClass>
double over_classes(const Judged& judged, OfClass of_class) {
    const ConfusionMatrix matrix = confusion_matrix(judged);
    const auto counts = [&](int32_t c) {
        return Counts{matrix.at(c, c), matrix.truth_total(c), matrix.chosen_total(c)};
    };
    if (judged.is_binary()) return of_class(counts(1));
    double sum = 0;
    int present = 0;
    for (int32_t c = 0; c < matrix.class_count; ++c) {
        const Counts of = counts(c);
        if (of.truths + of.chosen == 0) continue;
        sum += of_class(of);
        ++present;
    }
    return sum / present;
}

Result<double> precision(const Judged& judged) {
    return over_classes(judged, [](Counts c) { return divide(c.hits, c.chosen); });
}

Result<double> recall(const Judged& judged) {
    return over_classes(judged, [](Counts c) { return divide(c.hits, c.truths); });
}

Result<double> f1(const Judged& judged) {
    return over_classes(judged, [](Counts c) { return divide(2 * c.hits, c.truths + c.chosen); });
}

std::optional<stats::Interval> wilson(const Judged& judged, double value, double weight,
                                      double confidence) {
    const double trials = weight * rows_per_weight(judged);
    if (!judged.is_binary() || trials == 0) return std::nullopt;
    return stats::wilson_interval(value * trials, trials, confidence);
}

std::optional<stats::Interval> precision_interval(const Judged& judged, double value,
                                                  double confidence) {
    return wilson(judged, value, confusion_matrix(judged).chosen_total(1), confidence);
}

std::optional<stats::Interval> recall_interval(const Judged& judged, double value,
                                               double confidence) {
    return wilson(judged, value, confusion_matrix(judged).truth_total(1), confidence);
}

QUERN_REGISTER(Metric)
({.name = "precision",
  .summary = "Share of the rows chosen as positive that are; of more classes their plain mean.",
  .source = "sklearn.metrics.precision_score (average 'binary' or 'macro', zero_division 0)",
  .interval_source = "Two classes: Wilson (1927); more: percentile bootstrap",
  .is_for_classify = true,
  .reads_only_labels = true,
  .interval_method = "Wilson",
  .compute = precision,
  .interval = precision_interval});

QUERN_REGISTER(Metric)
({.name = "recall",
  .summary = "Share of the positive rows that were found; of more classes their plain mean.",
  .source = "sklearn.metrics.recall_score (average 'binary' or 'macro', zero_division 0)",
  .interval_source = "Two classes: Wilson (1927); more: percentile bootstrap",
  .is_for_classify = true,
  .reads_only_labels = true,
  .interval_method = "Wilson",
  .compute = recall,
  .interval = recall_interval});

QUERN_REGISTER(Metric)
({.name = "f1",
  .summary = "Harmonic mean of precision and recall; of more classes their plain mean.",
  .source = "sklearn.metrics.f1_score (average 'binary' or 'macro', zero_division 0)",
  .interval_source = "Percentile bootstrap of the confusion matrix (Efron 1979)",
  .is_for_classify = true,
  .reads_only_labels = true,
  .compute = f1});

}  // namespace
}  // namespace quern::evaluate
