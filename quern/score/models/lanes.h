// Sums over columns for sixteen neighbours in memory at once: rows of k-nearest, centres of
// k-means, outputs of a network's layer. Each lane adds in the order of the columns, so all kernels
// give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quern::score {

constexpr size_t kLaneCount = 16;

// A group holds [column][lane].
struct LaneKernel {
    const char* name;
    bool (*is_supported)();
    // sums[lane] = sum of (group - row)^2; false, with nothing written, once all are above `limit`.
    bool (*squared_distances)(const double* group, const double* row, size_t column_count,
                              double limit, double* sums);
    // sums[lane] += group * row, for weights as they are and in 8 bits.
    void (*weighted_sums)(const double* group, const double* row, size_t column_count,
                          double* sums);
    void (*weighted_sums_8)(const int8_t* group, const double* row, size_t column_count,
                            double* sums);
};

// Those that run here, the best first; the last one runs anywhere.
std::vector<const LaneKernel*> lane_kernels();

constexpr size_t group_count(size_t item_count) {
    return (item_count + kLaneCount - 1) / kLaneCount;
}

// items [item][column] -> groups [group][column][lane]; lanes without an item are 0.
template <class T>
std::vector<T> to_groups(const T* items, size_t item_count, size_t column_count) {
    std::vector<T> groups(group_count(item_count) * column_count * kLaneCount);
    for (size_t i = 0; i < item_count; ++i) {
        T* lane = groups.data() + i / kLaneCount * column_count * kLaneCount + i % kLaneCount;
        for (size_t c = 0; c < column_count; ++c) lane[c * kLaneCount] = *items++;
    }
    return groups;
}

}  // namespace quern::score
