// Smaller variants of a model of trees or of a network, for exports; what they lose is for the
// caller to measure.
#pragma once

#include "quern/score/program.h"

namespace quern::score {

struct SmallerOptions {
    // Leaf values become multiples of one power of two that 16 bits count, thresholds floats: the
    // C export then keeps them so. Of a network, weights become 8 bits (models/network.h).
    bool quantizes = false;
    // Branches whose leaves lie within this of their mean (by training rows) become that mean.
    double prune = 0;
    bool changes() const { return quantizes || prune > 0; }
};

// With golden rows scored anew. failed_precondition for other kinds of models.
Result<Program> make_smaller(Program program, const SmallerOptions& options);

// The power of two of which all values are multiples, at most 32767 times; 0: there is none.
double step_of(const std::vector<double>& values);

}  // namespace quern::score
