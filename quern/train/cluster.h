// k-means: centers such that the squares of the rows' distances to the nearest one are small.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quern/train/learner.h"

namespace quern::train {

struct ClusterSettings {
    size_t clusters = 8;
    int64_t max_iter = 300;
    int64_t starts = 3;  // of which the best is kept
    uint64_t seed = 1;
    Watch watch = {};
};

struct Clusters {
    std::vector<double> centers;  // [cluster][column]; the one of most rows stands first
    std::vector<uint32_t> of_row;
    double inertia = 0;  // the sum of the squares
    int64_t iterations = 0;
};

// Lloyd's steps from the seeds of Arthur and Vassilvitskii 2007, until no row changes its cluster.
// values [row][column], finite; at least as many different rows as clusters, or some come twice.
// Cancelled by the watch.
Result<Clusters> find_clusters(std::span<const double> values, size_t column_count,
                               const ClusterSettings& settings);

}  // namespace quern::train
