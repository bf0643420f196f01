// Rows and weights behind a proportion.
#pragma once

#include "quern/evaluate/judged.h"

namespace quern::evaluate {

inline double weight_total(const Judged& judged) {
    if (judged.weights.empty()) return static_cast<double>(judged.row_count());
    double total = 0;
    for (const double weight : judged.weights) total += weight;
    return total;
}

// How many equally weighted rows one unit of weight is worth (Kish 1965): 1 without weights.
inline double rows_per_weight(const Judged& judged) {
    if (judged.weights.empty()) return 1;
    double total = 0, squares = 0;
    for (const double weight : judged.weights) {
        total += weight;
        squares += weight * weight;
    }
    return total / squares;
}

}  // namespace quern::evaluate
