#include "quern/train/nearest_points.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace quern::train {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();

// The k least of the distances that were seen.
class Least {
public:
    explicit Least(size_t count) : distances_(count, kFar) {}
    void clear() { std::ranges::fill(distances_, kFar); }
    void add(double distance) {
        if (distance >= distances_.back()) return;
        auto at = std::ranges::upper_bound(distances_, distance);
        std::copy_backward(at, distances_.end() - 1, distances_.end());
        *at = distance;
    }
    double last() const { return distances_.back(); }

private:
    std::vector<double> distances_;
};

// A k-d tree (Bentley 1975) that lies in the order of its points: the middle of a range parts it.
class PlaneTree {
public:
    explicit PlaneTree(const std::vector<PlanePoint>& points)
        : points_(points), order_(points.size()) {
        std::iota(order_.begin(), order_.end(), 0u);
        build(0, order_.size(), true);
    }

    // Without the point itself.
    void look(size_t point, Least& least) const { look(point, {0, order_.size(), true}, least); }

private:
    struct Range {
        size_t begin, end;
        bool is_by_x;
    };

    double key(uint32_t point, bool is_by_x) const {
        return is_by_x ? points_[point].x : points_[point].y;
    }

    void build(size_t begin, size_t end, bool is_by_x) {
        if (end - begin < 2) return;
        const size_t middle = begin + (end - begin) / 2;
        const auto at = [&](size_t i) { return order_.begin() + static_cast<std::ptrdiff_t>(i); };
        std::nth_element(at(begin), at(middle), at(end),
                         [&](uint32_t a, uint32_t b) { return key(a, is_by_x) < key(b, is_by_x); });
        build(begin, middle, !is_by_x);
        build(middle + 1, end, !is_by_x);
    }

    void look(size_t point, Range in, Least& least) const {
        if (in.begin >= in.end) return;
        const size_t middle = in.begin + (in.end - in.begin) / 2;
        const uint32_t other = order_[middle];
        const PlanePoint &a = points_[point], &b = points_[other];
        if (other != point) least.add(std::max(std::abs(a.x - b.x), std::abs(a.y - b.y)));
        const double off = key(static_cast<uint32_t>(point), in.is_by_x) - key(other, in.is_by_x);
        const Range low{in.begin, middle, !in.is_by_x}, high{middle + 1, in.end, !in.is_by_x};
        look(point, off < 0 ? low : high, least);
        if (std::abs(off) <= least.last()) look(point, off < 0 ? high : low, least);
    }

    const std::vector<PlanePoint>& points_;
    std::vector<uint32_t> order_;
};

}  // namespace

std::vector<double> line_distances(std::span<const double> sorted, size_t neighbors) {
    std::vector<double> distances(sorted.size());
    for (size_t i = 0; i < sorted.size(); ++i) {
        size_t below = i, above = i + 1;  // the next to the left is below - 1
        double distance = 0;
        for (size_t found = 0; found < neighbors && (below > 0 || above < sorted.size()); ++found) {
            const double left = below > 0 ? sorted[i] - sorted[below - 1] : kFar;
            const double right = above < sorted.size() ? sorted[above] - sorted[i] : kFar;
            distance = std::min(left, right);
            left <= right ? static_cast<void>(--below) : static_cast<void>(++above);
        }
        distances[i] = distance;
    }
    return distances;
}

std::vector<double> plane_distances(const std::vector<PlanePoint>& points, size_t neighbors) {
    std::vector<double> distances(points.size());
    if (points.size() < 2) return distances;
    const PlaneTree tree(points);
    Least least(std::min(neighbors, points.size() - 1));
    for (size_t i = 0; i < points.size(); ++i) {
        least.clear();
        tree.look(i, least);
        distances[i] = least.last();
    }
    return distances;
}

}  // namespace quern::train
