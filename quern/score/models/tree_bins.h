// From values to slices of bins: the first step of the block kernel (tree_block.h).
#pragma once

#include <cstdint>
#include <cstring>

#include "quern/score/models/tree_words.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace quern::score {
namespace {

// How many of a node's 16 keys are below the value; NaN is above all.
inline uint32_t keys_below(const Line* node, double value) {
    const auto* keys = reinterpret_cast<const double*>(node);
#if defined(__AVX512F__)
    __m512d all = _mm512_set1_pd(value);
    __mmask8 low = _mm512_cmp_pd_mask(_mm512_load_pd(keys), all, _CMP_NGE_UQ);
    __mmask8 high = _mm512_cmp_pd_mask(_mm512_load_pd(keys + 8), all, _CMP_NGE_UQ);
    return static_cast<uint32_t>(__builtin_popcount(_cvtmask16_u32(_mm512_kunpackb(high, low))));
#elif defined(__AVX2__)
    __m256d all = _mm256_set1_pd(value);
    uint32_t mask = 0;
    for (int i = 0; i < 4; ++i) {
        __m256d below = _mm256_cmp_pd(_mm256_load_pd(keys + 4 * i), all, _CMP_NGE_UQ);
        mask |= static_cast<uint32_t>(_mm256_movemask_pd(below)) << (4 * i);
    }
    return static_cast<uint32_t>(__builtin_popcount(mask));
#else
    uint32_t count = 0;
    for (size_t i = 0; i < 16; ++i) count += !(keys[i] >= value);
    return count;
#endif
}

// The depth is a constant for the depths that are common, so that many rows are under way at once.
template <uint32_t known_level_count>
void find_codes(const Forest::Column& column, const Line* keys, const double* value,
                size_t column_count, size_t row_count, uint32_t* codes) {
    uint32_t level_count = known_level_count ? known_level_count : column.level_count;
    uint32_t last = column.code_count - 1;
    for (size_t row = 0; row < row_count; ++row, value += column_count) {
        uint32_t code = keys_below(keys, *value);
        uint32_t first = 1, count = 17;
        for (uint32_t level = 1; level < level_count; ++level) {
            code = code * 17 + keys_below(keys + 2 * (first + code), *value);
            first += count;
            count *= 17;
        }
        codes[row] = code < last ? code : last;
    }
}

inline void find_codes(const Forest& forest, const Forest::Column& column, const double* matrix,
                       size_t row_count, uint32_t* codes) {
    auto* find = column.level_count == 1   ? find_codes<1>
                 : column.level_count == 2 ? find_codes<2>
                                           : find_codes<0>;
    find(column, forest.keys.data() + size_t{2} * column.first_key, matrix + column.column,
         forest.column_count, row_count, codes);
}

// Slices of one block of 64 rows.
template <class Isa, class W>
void slice_block(const Forest& forest, const double* matrix, size_t row_count, size_t block,
                 W* slices) {
    alignas(64) uint32_t codes[64] = {};
    alignas(64) uint8_t bins[64];
    const Forest::Slot* slots = forest.slots.data();
    const Forest::Column* columns = forest.columns.data();
    for (size_t c = 0; c < forest.columns.size(); ++c) {
        const Forest::Column& column = columns[c];
        find_codes(forest, column, matrix, row_count, codes);
        for (uint32_t s = column.first_slot; s < column.first_slot + column.slot_count; ++s) {
            const uint8_t* table = forest.bins.data() + slots[s].first_bin;
            for (size_t row = 0; row < 64; ++row) bins[row] = table[codes[row]];
            auto* out = reinterpret_cast<uint64_t*>(slices + size_t{s} * 8) + block;
            Isa::slice(bins, slots[s].bit_count, out, W::kBlocks);
        }
    }
}

}  // namespace
}  // namespace quern::score
