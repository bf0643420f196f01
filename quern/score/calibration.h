// Calibrations: from a classifier's probabilities to probabilities that are met as often as they
// say. Fitted on rows that did not teach the model, applied after the link. A buffer is what
// `fit` made and `bind` reads:
//     platt        doubles slope, intercept, one a class: sigmoid(slope * log-odds + intercept)
//     beta         doubles a, b, c, one a class: sigmoid(a ln p - b ln(1 - p) + c)
//     isotonic     doubles x, y, the corners of rising lines; int64 ends: where each class's end
//     temperature  doubles beta, one: softmax(beta * ln p)
// "One a class" is one for two classes (the last), else one for each class against the rest, and
// the answers are divided by their sum.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::score {

struct BoundCalibration {
    // Changes outputs [row][class] in place; must not allocate.
    void (*apply)(const void* prepared, size_t row_count, double* outputs) = nullptr;
    std::shared_ptr<const void> prepared;
};

struct CalibrationRows {
    size_t class_count = 2;
    std::span<const double> outputs;  // [row][class]
    std::span<const int32_t> labels;
    std::span<const double> weights;  // empty: all 1

    double weight(size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
};

struct Calibration {
    static constexpr std::string_view kind = "calibration";
    std::string_view name;
    std::string_view summary;
    std::string_view source;  // what it equals
    Result<Buffers> (*fit)(const CalibrationRows& rows);
    // Checks all buffers; corrupt when they do not fit.
    Result<BoundCalibration> (*bind)(const Buffers& learned, size_t class_count);
};

}  // namespace quern::score
