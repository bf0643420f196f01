// From values to slices of bins: the first step of the block kernel (tree_block.h).
#pragma once

#include <cstdint>
#include <cstring>

#include "quern/score/models/tree_words.h"

namespace quern::score {
namespace {

// The depth is a constant for the depths that are common, so that many rows are under way at once.
template <class Isa, uint32_t known_level_count>
void find_codes(const Forest::Column& column, const Line* keys, const double* value,
                size_t column_count, size_t row_count, uint32_t* codes) {
    uint32_t level_count = known_level_count ? known_level_count : column.level_count;
    uint32_t last = column.code_count - 1;
    for (size_t row = 0; row < row_count; ++row, value += column_count) {
        uint32_t code = Isa::keys_below(keys, *value);
        uint32_t first = 1, count = 17;
        for (uint32_t level = 1; level < level_count; ++level) {
            code = code * 17 + Isa::keys_below(keys + 2 * (first + code), *value);
            first += count;
            count *= 17;
        }
        codes[row] = code < last ? code : last;
    }
}

template <class Isa>
void find_codes(const Forest& forest, const Forest::Column& column, const double* matrix,
                size_t row_count, uint32_t* codes) {
    auto* find = column.level_count == 1   ? find_codes<Isa, 1>
                 : column.level_count == 2 ? find_codes<Isa, 2>
                                           : find_codes<Isa, 0>;
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
        find_codes<Isa>(forest, column, matrix, row_count, codes);
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
