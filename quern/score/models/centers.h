// Clusters, each known by its center. A raw score is -distance^2 / (2 variance) of a center, so
// that a softmax makes the shares of a mixture of balls of one variance.
#pragma once

#include <vector>

#include "quern/score/program.h"

namespace quern::score {

struct Centers {
    std::vector<double> centers;  // [cluster][column]
    double variance = 1;          // of a row from its center, along one column
};

constexpr size_t kCentersMax = 1024;

FittedModel pack(const Centers& centers);

}  // namespace quern::score
