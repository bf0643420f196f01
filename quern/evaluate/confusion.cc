#include "quern/evaluate/confusion.h"

namespace quern::evaluate {

double ConfusionMatrix::truth_total(int32_t truth) const {
    double total = 0;
    for (int32_t chosen = 0; chosen < class_count; ++chosen) total += at(truth, chosen);
    return total;
}

double ConfusionMatrix::chosen_total(int32_t chosen) const {
    double total = 0;
    for (int32_t truth = 0; truth < class_count; ++truth) total += at(truth, chosen);
    return total;
}

ConfusionMatrix confusion_matrix(const Judged& judged) {
    ConfusionMatrix matrix{.class_count = judged.class_count, .counts = {}};
    const auto width = static_cast<size_t>(judged.class_count);
    matrix.counts.assign(width * width, 0);
    for (size_t row = 0; row < judged.labels.size(); ++row) {
        const auto truth = static_cast<size_t>(judged.labels[row]);
        matrix.counts[truth * width + static_cast<size_t>(judged.predicted[row])] +=
            judged.weight(row);
    }
    return matrix;
}

}  // namespace quern::evaluate
