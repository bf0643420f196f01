// Words of the block kernel (tree_block.h), and what it does on processors without an instruction
// of their own for it.
#pragma once

#include <cstdint>
#include <cstring>

#include "quern/score/models/tree_kernel.h"

namespace quern::score {
namespace {

// `lanes` registers of so many bytes.
template <size_t bytes, size_t lanes>
struct Words {
    typedef uint64_t Lane __attribute__((vector_size(bytes), may_alias));
    static constexpr size_t kBlocks = bytes * lanes / 8;  // of 64 rows
    static constexpr size_t kLanes = lanes;
    Lane lane[lanes];
};

template <class W, class F>
__attribute__((always_inline)) inline void each_lane(F f) {
    for (size_t l = 0; l < W::kLanes; ++l) f(l);
}

// Bit k of 64 bytes, for each k: gathered from 8 bytes at once by a product.
inline void slice_plain(const uint8_t* bins, uint32_t bit_count, uint64_t* out, size_t stride) {
    for (uint32_t bit = 0; bit < bit_count; ++bit) {
        uint64_t word = 0;
        for (size_t i = 0; i < 8; ++i) {
            uint64_t bytes;
            std::memcpy(&bytes, bins + i * 8, 8);
            uint64_t ones = bytes >> bit & 0x0101010101010101u;
            word |= ones * 0x0102040810204080u >> 56 << (i * 8);
        }
        out[bit * stride] = word;
    }
}

template <class W>
void number_plain(const W* bits, uint8_t* numbers) {
    constexpr uint64_t kOwnBit = 0x8040201008040201u, kCarry = 0x7f7f7f7f7f7f7f7fu;
    for (size_t block = 0; block < W::kBlocks; ++block) {
        for (size_t i = 0; i < 8; ++i) {
            uint64_t eight = 0;
            for (size_t bit = 0; bit < 8; ++bit) {
                const auto* bytes = reinterpret_cast<const uint8_t*>(bits + bit) + block * 8;
                uint64_t own = uint64_t{bytes[i]} * 0x0101010101010101u & kOwnBit;
                // A byte that is not zero becomes 1.
                uint64_t ones = ((((own & kCarry) + kCarry) | own) >> 7) & 0x0101010101010101u;
                eight |= ones << bit;
            }
            std::memcpy(numbers + block * 64 + i * 8, &eight, 8);
        }
    }
}

// Of floats: their sum is that of doubles, rounded.
template <bool are_floats>
double rounded(double value) {
    return are_floats ? static_cast<double>(static_cast<float>(value)) : value;
}

template <bool are_floats>
void add_leaves_plain(const Forest& forest, const Forest::Tree* trees, size_t count,
                      const uint8_t* numbers, const uint8_t* numbers_high, double* sums) {
    for (size_t t = 0; t < count; ++t, numbers += kBlockRowsMax, numbers_high += kBlockRowsMax) {
        const double* leaves = forest.leaves.data() + trees[t].first_leaf;
        if (trees[t].bit_count <= 8) {
            for (size_t row = 0; row < 64; ++row)
                sums[row] = rounded<are_floats>(sums[row] + leaves[numbers[row]]);
        } else {
            for (size_t row = 0; row < 64; ++row)
                sums[row] = rounded<are_floats>(
                    sums[row] + leaves[numbers[row] | size_t{numbers_high[row]} << 8]);
        }
    }
}

}  // namespace
}  // namespace quern::score
