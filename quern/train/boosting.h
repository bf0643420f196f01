// What the learners over LightGBM share: the parameters that follow from the data, and the trees
// that were grown as a model of the scorer. The same data, settings and seed give the same model
// for any number of threads: force_col_wise adds each histogram up in the order of its rows, and
// `deterministic` does so for the sums of a leaf. (force_row_wise does not: its histograms are
// added up by as many parts as there are threads.)
#pragma once

#include <string>

#include "quern/train/booster.h"

namespace quern::train {

// "objective=binary deterministic=true ...": all but the learner's own settings.
std::string boosting_parameters(const FitInput& input);

// Makes the trees of the first `iterations` the fitted model, with link, importance and a note
// where no split was worth making. Refused unless the scorer gives LightGBM's own raw scores.
Status keep_trees(const Booster& booster, const FitInput& input, int64_t iterations,
                  Fitted& fitted);

}  // namespace quern::train
