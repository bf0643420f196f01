// The loops of a LaneKernel, included by one file for each kind of processor. No product is fused
// with its sum (cmake: -ffp-contract=off), or kernels would differ in their last bits.
#pragma once

#include <cstring>

#include "quern/score/models/lanes.h"
#include "quern/score/models/processor.h"

namespace quern::score {
namespace {

constexpr size_t kWidth = kLaneBytes / sizeof(double);
constexpr size_t kParts = kLaneCount / kWidth;
constexpr size_t kColumnsBetweenLooks = 16;

typedef double Part __attribute__((vector_size(kLaneBytes)));
typedef int64_t Mask __attribute__((vector_size(kLaneBytes)));
typedef int8_t Part8 __attribute__((vector_size(kWidth)));

template <class P, class T>
__attribute__((always_inline)) inline P load(const T* from) {
    P part;
    std::memcpy(&part, from, sizeof(part));
    return part;
}

// A lane that is NaN is not above.
inline bool are_all_above(const Part* sums, double limit) {
    Mask is_above = sums[0] > limit;
    for (size_t p = 1; p < kParts; ++p) is_above &= sums[p] > limit;
    int64_t all = -1;
    for (size_t i = 0; i < kWidth; ++i) all &= is_above[i];
    return all != 0;
}

bool squared_distances(const double* group, const double* row, size_t column_count, double limit,
                       double* sums) {
    Part sum[kParts] = {};
    for (size_t c = 0; c < column_count; ++c, group += kLaneCount) {
        for (size_t p = 0; p < kParts; ++p) {
            const Part off = load<Part>(group + p * kWidth) - row[c];
            sum[p] += off * off;
        }
        if (c % kColumnsBetweenLooks == kColumnsBetweenLooks - 1 && are_all_above(sum, limit))
            return false;
    }
    if (are_all_above(sum, limit)) return false;
    std::memcpy(sums, sum, sizeof(sum));
    return true;
}

void weighted_sums(const double* group, const double* row, size_t column_count, double* sums) {
    Part sum[kParts];
    std::memcpy(sum, sums, sizeof(sum));
    for (size_t c = 0; c < column_count; ++c, group += kLaneCount)
        for (size_t p = 0; p < kParts; ++p) sum[p] += load<Part>(group + p * kWidth) * row[c];
    std::memcpy(sums, sum, sizeof(sum));
}

void weighted_sums_8(const int8_t* group, const double* row, size_t column_count, double* sums) {
    Part sum[kParts];
    std::memcpy(sum, sums, sizeof(sum));
    for (size_t c = 0; c < column_count; ++c, group += kLaneCount) {
        for (size_t p = 0; p < kParts; ++p) {
            const auto weights = load<Part8>(group + p * kWidth);
            sum[p] += __builtin_convertvector(weights, Part) * row[c];
        }
    }
    std::memcpy(sums, sum, sizeof(sum));
}

}  // namespace
}  // namespace quern::score
