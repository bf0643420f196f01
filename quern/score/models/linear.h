// raw[o] = intercept[o] + sum over columns c, in order, of weights[o][c] * value[c].
#pragma once

#include <vector>

#include "quern/score/program.h"

namespace quern::score {

struct Linear {
    std::vector<double> weights;     // [raw score][matrix column]
    std::vector<double> intercepts;  // one a raw score
    // Of each column over the training rows; with them the model can tell what moved its scores.
    // Empty in files from before.
    std::vector<double> means = {};
    // Weights and intercepts are floats; values, products and sums are rounded to floats, as
    // XGBoost adds.
    bool is_float32 = false;
};
FittedModel pack(const Linear& linear);

// The same raw scores for every row.
struct ConstantModel {
    std::vector<double> raw;
};
FittedModel pack(const ConstantModel& constant);

}  // namespace quern::score
