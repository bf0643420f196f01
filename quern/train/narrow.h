// Taking out what the model does not read: columns of a matrix before a fit, and what makes them
// from a program, whose scores stay the same to the bit.
#pragma once

#include <vector>

#include "quern/train/learner.h"

namespace quern::train {

// The same input with those columns only.
class NarrowInput {
public:
    NarrowInput(const FitInput& from, const std::vector<uint8_t>& is_kept);
    NarrowInput(const NarrowInput&) = delete;
    NarrowInput& operator=(const NarrowInput&) = delete;

    const FitInput& input() const { return input_; }

private:
    std::vector<MatrixColumn> columns_;
    std::vector<double> lesson_, validation_;
    FitInput input_;
};

// Of the matrix's columns, those that a fitted model reads. All of them where it reads none, or
// where leaving one out could change a sum.
std::vector<uint8_t> columns_read(const score::FittedModel& model, size_t column_count);

// Makes the program's matrix of those columns only, and takes out what nobody reads then:
// stages and encoders, features, expressions. `model` is one that was fitted on all columns of the
// matrix, or not at all (a constant).
Status narrow(score::Program& program, const std::vector<uint8_t>& is_kept);

}  // namespace quern::train
