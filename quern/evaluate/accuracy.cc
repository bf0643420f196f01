// Shares of right answers: accuracy and balanced_accuracy.
#include "quern/evaluate/confusion.h"
#include "quern/evaluate/metric.h"
#include "quern/evaluate/proportion.h"

namespace quern::evaluate {
namespace {

Result<double> accuracy(const Judged& judged) {
    double right = 0, total = 0;
    for (size_t row = 0; row < judged.labels.size(); ++row) {
        right += judged.weight(row) * (judged.labels[row] == judged.predicted[row]);
        total += judged.weight(row);
    }
    return right / total;
}

std::optional<stats::Interval> accuracy_interval(const Judged& judged, double value,
                                                 double confidence) {
    const double trials = weight_total(judged) * rows_per_weight(judged);
    return stats::wilson_interval(value * trials, trials, confidence);
}

Result<double> balanced_accuracy(const Judged& judged) {
    const ConfusionMatrix matrix = confusion_matrix(judged);
    double recall_sum = 0;
    int present = 0;
    for (int32_t c = 0; c < matrix.class_count; ++c) {
        const double total = matrix.truth_total(c);
        if (total == 0) continue;
        recall_sum += matrix.at(c, c) / total;
        ++present;
    }
    return recall_sum / present;
}

QUERN_REGISTER(Metric)
({.name = "accuracy",
  .summary = "Share of rows whose class is right.",
  .source = "sklearn.metrics.accuracy_score",
  .interval_source = "Wilson's score interval (Wilson 1927)",
  .is_for_classify = true,
  .reads_only_labels = true,
  .interval_method = "Wilson",
  .compute = accuracy,
  .interval = accuracy_interval});

QUERN_REGISTER(Metric)
({.name = "balanced_accuracy",
  .summary = "Mean over the classes that occur of the share of their rows that were found.",
  .source = "sklearn.metrics.balanced_accuracy_score",
  .interval_source = "Percentile bootstrap of the confusion matrix (Efron 1979)",
  .is_for_classify = true,
  .reads_only_labels = true,
  .compute = balanced_accuracy});

}  // namespace
}  // namespace quern::evaluate
