// How well rows fall into clusters, where no truth is known.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quern/evaluate/metric.h"

namespace quern::train {

// Pairs of rows are looked at, so no more rows than these.
constexpr size_t kSilhouetteRowsMax = 4000;

// values [row][column]; of_row: each row's cluster; centers [cluster][column].
//   silhouette             of the first rows; left out where all rows are in one cluster
//   davies_bouldin         likewise
//   mean_squared_distance  of rows to their center
std::vector<evaluate::Estimate> cluster_quality(std::span<const double> values,
                                                std::span<const int32_t> of_row,
                                                std::span<const double> centers,
                                                size_t column_count);

}  // namespace quern::train
