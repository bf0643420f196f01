// A k-d tree over rows: exact, since the way to a box is summed up in the order in which the
// distance to a row is, and so is never above it.
#pragma once

#include <cstdint>
#include <vector>

#include "quern/score/models/lanes.h"

namespace quern::score {

struct Neighbor {
    double square;  // of the distance; NaN counts as infinite
    uint32_t row;
    bool operator<(const Neighbor& other) const {
        return square < other.square || (square == other.square && row < other.row);
    }
};

class NearestTree {
public:
    NearestTree(const std::vector<double>& points, size_t row_count, size_t column_count,
                const LaneKernel* kernel);

    // Fills `found` with the `count` nearest rows, the nearest first; count <= rows.
    void find(const double* row, size_t count, Neighbor* found) const;

private:
    struct Node {
        uint32_t first, last;  // places of its rows
        uint32_t left = 0;     // its children are left and left + 1; 0: none
    };

    void split(uint32_t node, const std::vector<double>& points);
    void measure(uint32_t node, const std::vector<double>& points);
    double square_to_box(uint32_t node, const double* row, double limit) const;
    void look(const Node& node, const double* row, size_t count, Neighbor* found) const;

    size_t column_count_;
    const LaneKernel* kernel_;
    std::vector<Node> nodes_;
    std::vector<double> boxes_;   // [node][low, high][column]
    std::vector<uint32_t> rows_;  // by place
    std::vector<double> groups_;  // the points by place, see lanes.h
};

}  // namespace quern::score
