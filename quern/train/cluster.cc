#include "quern/train/cluster.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "quern/score/models/lanes.h"

namespace quern::train {
namespace {

using score::kLaneCount;

class Search {
public:
    Search(std::span<const double> values, size_t column_count, size_t clusters, uint64_t seed)
        : values_(values),
          column_count_(column_count),
          row_count_(values.size() / column_count),
          clusters_(clusters),
          squares_(row_count_),
          random_(seed),
          kernel_(score::lane_kernels().front()) {
        found_.of_row.assign(row_count_, UINT32_MAX);
    }

    Result<Clusters> run(int64_t iterations_max, const Watch& watch) {
        TRY(choose_seeds(watch));
        for (found_.iterations = 0; found_.iterations < iterations_max; ++found_.iterations) {
            TRY(watch.check());
            if (!assign()) break;
            move_centers();
        }
        assign();
        found_.inertia = std::accumulate(squares_.begin(), squares_.end(), 0.0);
        return std::move(found_);
    }

private:
    const double* row(size_t index) const { return values_.data() + index * column_count_; }
    double share() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

    void add_center(size_t from) {
        found_.centers.insert(found_.centers.end(), row(from), row(from) + column_count_);
    }

    double square_to(size_t of, const double* center) const {
        double sum = 0;
        for (size_t c = 0; c < column_count_; ++c)
            sum += (row(of)[c] - center[c]) * (row(of)[c] - center[c]);
        return sum;
    }

    // Each next one is a row, drawn by the square of its distance to those before.
    Status choose_seeds(const Watch& watch) {
        add_center(random_() % row_count_);
        std::ranges::fill(squares_, std::numeric_limits<double>::infinity());
        for (size_t k = 1; k < clusters_; ++k) {
            TRY(watch.check());
            const double* last = found_.centers.data() + (k - 1) * column_count_;
            double total = 0;
            for (size_t i = 0; i < row_count_; ++i)
                total += squares_[i] = std::min(squares_[i], square_to(i, last));
            double left = share() * total;
            size_t drawn = row_count_ - 1;
            for (size_t i = 0; i < row_count_; ++i) {
                left -= squares_[i];
                if (left >= 0 || squares_[i] == 0) continue;
                drawn = i;
                break;
            }
            add_center(drawn);
        }
        return {};
    }

    // Each row to its nearest center; false when none has changed.
    bool assign() {
        const auto groups = score::to_groups(found_.centers.data(), clusters_, column_count_);
        bool is_changed = false;
        for (size_t i = 0; i < row_count_; ++i) {
            double least = std::numeric_limits<double>::infinity(), squares[kLaneCount];
            uint32_t nearest = 0;
            for (size_t first = 0; first < clusters_; first += kLaneCount) {
                const double* group = groups.data() + first * column_count_;
                if (!kernel_->squared_distances(group, row(i), column_count_, least, squares))
                    continue;
                for (size_t k = 0; k < std::min(kLaneCount, clusters_ - first); ++k) {
                    if (!(squares[k] < least)) continue;
                    least = squares[k];
                    nearest = static_cast<uint32_t>(first + k);
                }
            }
            is_changed = is_changed || found_.of_row[i] != nearest;
            found_.of_row[i] = nearest;
            squares_[i] = least;
        }
        return is_changed;
    }

    // To the mean of its rows; a center without one goes to the row that is farthest off.
    void move_centers() {
        std::vector<double> counts(clusters_);
        std::ranges::fill(found_.centers, 0);
        for (size_t i = 0; i < row_count_; ++i) {
            ++counts[found_.of_row[i]];
            double* center = found_.centers.data() + found_.of_row[i] * column_count_;
            for (size_t c = 0; c < column_count_; ++c) center[c] += row(i)[c];
        }
        for (size_t k = 0; k < clusters_; ++k) {
            double* center = found_.centers.data() + k * column_count_;
            if (counts[k] > 0) {
                for (size_t c = 0; c < column_count_; ++c) center[c] /= counts[k];
                continue;
            }
            const auto farthest = std::ranges::max_element(squares_) - squares_.begin();
            std::copy_n(row(static_cast<size_t>(farthest)), column_count_, center);
            squares_[static_cast<size_t>(farthest)] = 0;
        }
    }

    std::span<const double> values_;
    size_t column_count_, row_count_, clusters_;
    std::vector<double> squares_;  // of each row's distance to its center
    std::mt19937_64 random_;
    const score::LaneKernel* kernel_;
    Clusters found_;
};

// The largest cluster first, of equal ones that of the earlier row.
void sort_clusters(Clusters& found, size_t column_count) {
    const size_t clusters = found.centers.size() / column_count;
    std::vector<size_t> counts(clusters), first(clusters, SIZE_MAX);
    for (size_t i = 0; i < found.of_row.size(); ++i) {
        ++counts[found.of_row[i]];
        first[found.of_row[i]] = std::min(first[found.of_row[i]], i);
    }
    std::vector<uint32_t> order(clusters), place(clusters);
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) {
        return counts[a] > counts[b] || (counts[a] == counts[b] && first[a] < first[b]);
    });
    std::vector<double> centers;
    for (uint32_t k = 0; k < clusters; ++k) {
        place[order[k]] = k;
        const auto begin = found.centers.begin() + static_cast<ptrdiff_t>(order[k] * column_count);
        centers.insert(centers.end(), begin, begin + static_cast<ptrdiff_t>(column_count));
    }
    found.centers = std::move(centers);
    for (uint32_t& cluster : found.of_row) cluster = place[cluster];
}

}  // namespace

Result<Clusters> find_clusters(std::span<const double> values, size_t column_count,
                               const ClusterSettings& settings) {
    Clusters best;
    best.inertia = std::numeric_limits<double>::infinity();
    for (int64_t start = 0; start < settings.starts; ++start) {
        Search search(values, column_count, settings.clusters,
                      settings.seed * 1000 + static_cast<uint64_t>(start));
        Clusters found = TRY(search.run(settings.max_iter, settings.watch));
        if (found.inertia < best.inertia || start == 0) best = std::move(found);
    }
    sort_clusters(best, column_count);
    return best;
}

}  // namespace quern::train
