// The confusion matrix and what is counted from it.
#pragma once

#include <vector>

#include "quern/evaluate/judged.h"

namespace quern::evaluate {

struct ConfusionMatrix {
    int32_t class_count = 0;
    std::vector<double> counts;  // row: true class, column: chosen class; sums of weights

    double at(int32_t truth, int32_t chosen) const {
        return counts[static_cast<size_t>(truth) * class_count + chosen];
    }
    double truth_total(int32_t truth) const;
    double chosen_total(int32_t chosen) const;
};

ConfusionMatrix confusion_matrix(const Judged& judged);

}  // namespace quern::evaluate
