// The distance from each point to its nearest others: what estimates of mutual information count
// with. All in order n log n.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace quern::train {

// Of each of the sorted values, the distance to the `neighbors`-th nearest other one. Fewer values
// than that: the farthest.
std::vector<double> line_distances(std::span<const double> sorted, size_t neighbors);

struct PlanePoint {
    double x = 0, y = 0;
};
// The same in the plane, by the larger of both distances (Chebyshev); in the order of `points`.
std::vector<double> plane_distances(const std::vector<PlanePoint>& points, size_t neighbors);

}  // namespace quern::train
