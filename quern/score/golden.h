// Golden rows: proof, carried in the file, that a program still computes what it did when trained.
#pragma once

#include "quern/score/scorer.h"

namespace quern::score {

// Code::corrupt when any golden row gives other bits.
Status check_golden_rows(const Scorer& scorer);

}  // namespace quern::score
