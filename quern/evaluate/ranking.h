// What is read off rows in the order of their scores: areas under the ROC and the
// precision-recall curve, and DeLong's components of the first.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quern/evaluate/judged.h"

namespace quern::evaluate {

// One class against the rest.
struct Ranked {
    const Judged* judged = nullptr;
    int32_t positive = 1;             // the class
    size_t stride = 1, offset = 0;    // of its probabilities
    std::span<const uint32_t> order;  // rows by falling probability
    double positive_weight = 0, negative_weight = 0;

    double score(size_t row) const { return judged->probabilities[row * stride + offset]; }
    bool is_positive(size_t row) const { return judged->labels[row] == positive; }
};

// Columns of `probabilities`: 1 of two classes, else one a class.
size_t probability_columns(const Judged& judged);
// The class that column `column` speaks of.
int32_t class_of_column(const Judged& judged, size_t column);

// All rankings, one column after the other, as Judged::ranking takes them.
std::vector<uint32_t> rank_rows(const Judged& judged);

// `order` keeps the ranking when the rows bring none.
Ranked rank_class(const Judged& judged, size_t column, std::vector<uint32_t>& order);

double roc_area(const Ranked& ranked);           // both weights must be above zero
double average_precision(const Ranked& ranked);  // 0 without positives
// Adds each row's share in the area's error to `influence` (DeLong, DeLong, Clarke-Pearson 1988):
// the sum of their squares is the variance of the area.
void add_influence(const Ranked& ranked, double area, double share, std::vector<double>& influence);

}  // namespace quern::evaluate
