// What a model said about some rows beside what was true: all that a metric sees.
#pragma once

#include <cstdint>
#include <span>

#include "quern/score/program.h"

namespace quern::evaluate {

using score::Task;

// A look at arrays somebody else owns. Classes are positions 0 .. class_count - 1; of two, class 1
// is the positive one.
struct Judged {
    Task task = Task::classify;
    int32_t class_count = 2;
    std::span<const int32_t> labels;        // the true class of each row
    std::span<const int32_t> predicted;     // the class the model chose
    std::span<const double> probabilities;  // two classes: of class 1; more: class_count a row
    std::span<const double> targets;        // the true value of each row (regress)
    std::span<const double> values;         // the predicted value (regress)
    std::span<const double> weights;        // empty: all 1; a row of weight 0 counts as absent
    // Rows by falling probability of a class (ranking.h), one list a column of `probabilities`.
    // Empty: made where it is needed; the bootstrap makes it once.
    std::span<const uint32_t> ranking;

    bool is_binary() const { return task == Task::classify && class_count == 2; }
    size_t row_count() const { return task == Task::classify ? labels.size() : targets.size(); }
    double weight(size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
};

}  // namespace quern::evaluate
