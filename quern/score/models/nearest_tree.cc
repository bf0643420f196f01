#include "quern/score/models/nearest_tree.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace quern::score {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr uint32_t kLeafRowsMax = 2 * kLaneCount;
constexpr size_t kDepthMax = 40;  // a split halves 2^32 rows, up to a group

}  // namespace

NearestTree::NearestTree(const std::vector<double>& points, size_t row_count, size_t column_count,
                         const LaneKernel* kernel)
    : column_count_(column_count), kernel_(kernel), rows_(row_count) {
    std::iota(rows_.begin(), rows_.end(), 0u);
    nodes_.push_back({0, static_cast<uint32_t>(row_count)});
    for (uint32_t node = 0; node < nodes_.size(); ++node) {
        measure(node, points);
        if (nodes_[node].last - nodes_[node].first > kLeafRowsMax) split(node, points);
    }
    std::vector<double> placed;
    placed.reserve(points.size());
    for (const uint32_t row : rows_) {
        const auto first = points.begin() + static_cast<ptrdiff_t>(row * column_count);
        placed.insert(placed.end(), first, first + static_cast<ptrdiff_t>(column_count));
    }
    groups_ = to_groups(placed.data(), row_count, column_count);
}

void NearestTree::measure(uint32_t node, const std::vector<double>& points) {
    boxes_.resize((node + 1) * 2 * column_count_);
    double* low = boxes_.data() + node * 2 * column_count_;
    double* high = low + column_count_;
    std::fill_n(low, column_count_, kInfinity);
    std::fill_n(high, column_count_, -kInfinity);
    for (uint32_t place = nodes_[node].first; place < nodes_[node].last; ++place) {
        const double* point = points.data() + rows_[place] * column_count_;
        for (size_t c = 0; c < column_count_; ++c) {
            low[c] = std::min(low[c], point[c]);
            high[c] = std::max(high[c], point[c]);
        }
    }
}

// In halves of whole groups, along the column of the widest spread.
void NearestTree::split(uint32_t node, const std::vector<double>& points) {
    const auto [first, last, none] = nodes_[node];
    const double* low = boxes_.data() + node * 2 * column_count_;
    size_t widest = 0;
    for (size_t c = 1; c < column_count_; ++c) {
        const double* high = low + column_count_;
        if (high[c] - low[c] > high[widest] - low[widest]) widest = c;
    }
    const uint32_t middle =
        first + (last - first) / 2 / uint32_t{kLaneCount} * uint32_t{kLaneCount};
    std::nth_element(rows_.begin() + first, rows_.begin() + middle, rows_.begin() + last,
                     [&](uint32_t a, uint32_t b) {
                         const double x = points[a * column_count_ + widest];
                         const double y = points[b * column_count_ + widest];
                         return x < y || (x == y && a < b);
                     });
    nodes_[node].left = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({first, middle});
    nodes_.push_back({middle, last});
}

double NearestTree::square_to_box(uint32_t node, const double* row, double limit) const {
    const double* low = boxes_.data() + node * 2 * column_count_;
    const double* high = low + column_count_;
    double sum = 0;
    for (size_t c = 0; c < column_count_ && !(sum > limit); ++c) {
        const double off = row[c] < low[c]    ? low[c] - row[c]
                           : row[c] > high[c] ? row[c] - high[c]
                                              : 0;
        sum += off * off;
    }
    return sum;
}

void NearestTree::look(const Node& node, const double* row, size_t count, Neighbor* found) const {
    Neighbor& worst = found[count - 1];
    for (uint32_t place = node.first; place < node.last; place += kLaneCount) {
        double squares[kLaneCount];
        const double* group = groups_.data() + place * column_count_;
        if (!kernel_->squared_distances(group, row, column_count_, worst.square, squares)) continue;
        for (uint32_t lane = 0; lane < kLaneCount && place + lane < node.last; ++lane) {
            const double square = squares[lane] < kInfinity ? squares[lane] : kInfinity;
            const Neighbor near{square, rows_[place + lane]};
            if (!(near < worst)) continue;
            size_t at = count - 1;
            for (; at > 0 && near < found[at - 1]; --at) found[at] = found[at - 1];
            found[at] = near;
        }
    }
}

void NearestTree::find(const double* row, size_t count, Neighbor* found) const {
    struct Visit {
        uint32_t node;
        double square;
    };
    std::fill_n(found, count, Neighbor{kInfinity, UINT32_MAX});
    Visit open[kDepthMax + 1];
    size_t open_count = 0;
    open[open_count++] = {0, 0};
    while (open_count > 0) {
        const Visit visit = open[--open_count];
        const double worst = found[count - 1].square;
        if (visit.square > worst) continue;
        const Node& node = nodes_[visit.node];
        if (node.left == 0) {
            look(node, row, count, found);
            continue;
        }
        Visit near{node.left, square_to_box(node.left, row, worst)};
        Visit far{node.left + 1, square_to_box(node.left + 1, row, worst)};
        if (far.square < near.square) std::swap(near, far);
        open[open_count++] = far;
        open[open_count++] = near;
    }
}

}  // namespace quern::score
