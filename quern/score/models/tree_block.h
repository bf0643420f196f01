// The block kernel, included by one file for each kind of processor, which brings `Isa`. It is
// bit-sliced: rows are bits, 64 to 512 in a word.
//   1. A value's code is found in its column's keys; a slot makes a bin of it; bit k of the bins
//      of all rows is slice k of the slot.
//   2. The tests of a slot, bin > 0, bin > 1, ... follow from the slices, one operation each.
//   3. Of a tree's split, `beyond` holds the rows whose leaf lies to its right: the rows beyond
//      `high`, and of those beyond `low` the ones that go right. A split changes one bit of the
//      leaf's number, so the exclusive or of the splits of a bit is that bit for all rows.
//   4. The numbers are turned back to bytes, one a row, and the leaves added tree by tree.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "quern/score/models/tree_bins.h"

namespace quern::score {
namespace {

template <class W>
struct BlockScratch {
    W* slices;         // [slot][8]
    W* tests;          // [test]
    W* beyond;         // [split]
    uint8_t* numbers;  // [tree of the group][row], low bytes
    uint8_t* numbers_high;

    BlockScratch(const Forest& forest, std::byte* at) {
        auto take = [&at](size_t size) {
            std::byte* taken = at;
            at += (size + 63) / 64 * 64;
            return taken;
        };
        slices = reinterpret_cast<W*>(take(forest.slots.size() * 8 * sizeof(W)));
        tests = reinterpret_cast<W*>(take(size_t{forest.test_count} * sizeof(W)));
        beyond = reinterpret_cast<W*>(take((size_t{forest.node_count_max} + 10) * sizeof(W)));
        numbers = reinterpret_cast<uint8_t*>(take(kBlockTrees * kBlockRowsMax));
        numbers_high = reinterpret_cast<uint8_t*>(take(kBlockTrees * kBlockRowsMax));
    }
};

// bin > i for i below `count`. Of the bits below k alone these are known; bit k makes two of each.
template <class W>
void slot_tests(const W* slices, size_t count, uint32_t bit_count, W* out) {
    out[0] = slices[0];
    if (count > 1) out[1] = W{};
    uint32_t bit = 1;
    if (bit_count % 2 == 0) {
        const W high = slices[1];
        for (size_t i = 0; i < 2; ++i)
            each_lane<W>([&](size_t l) {
                auto low = out[i].lane[l];
                if (i + 2 < count) out[i + 2].lane[l] = low & high.lane[l];
                out[i].lane[l] = low | high.lane[l];
            });
        bit = 2;
    }
    for (; bit < bit_count; bit += 2) {
        size_t step = size_t{1} << bit;
        const W one = slices[bit], two = slices[bit + 1];
        for (size_t i = 0; i < step; ++i)
            each_lane<W>([&](size_t l) {
                auto low = out[i].lane[l];
                if (i + 3 * step < count)
                    out[i + 3 * step].lane[l] = low & one.lane[l] & two.lane[l];
                if (i + 2 * step < count)
                    out[i + 2 * step].lane[l] = (low | one.lane[l]) & two.lane[l];
                if (i + step < count) out[i + step].lane[l] = (low & one.lane[l]) | two.lane[l];
                out[i].lane[l] = low | one.lane[l] | two.lane[l];
            });
    }
}

template <class W>
void make_tests(const Forest& forest, const W* slices, W* tests) {
    const Forest::Slot* slots = forest.slots.data();
    for (size_t s = 0; s < forest.slots.size(); ++s)
        slot_tests(slices + s * 8, slots[s].test_count, slots[s].bit_count,
                   tests + slots[s].first_test);
    const Forest::Set* sets = forest.sets.data();
    W* out = tests + forest.slot_test_count;
    for (size_t s = 0; s < forest.sets.size(); ++s) {
        const uint32_t* terms = forest.terms.data() + sets[s].first_term;
        W odd{};
        for (uint32_t i = 0; i < sets[s].term_count; ++i)
            each_lane<W>([&](size_t l) { odd.lane[l] ^= tests[terms[i]].lane[l]; });
        each_lane<W>([&](size_t l) { out[s].lane[l] = ~odd.lane[l]; });
    }
}

template <class W>
void find_beyond(const Forest::Node* node, size_t node_count, const W* tests, W* beyond) {
    each_lane<W>([&](size_t l) { beyond[0].lane[l] = ~W{}.lane[l]; });
    // Cleared to the next multiple of 8, which number_bits reads.
    for (size_t i = node_count + 1; i <= (node_count / 8 + 1) * 8; ++i) beyond[i] = W{};
    for (const Forest::Node* end = node + node_count; node != end; ++node)
        each_lane<W>([&](size_t l) {
            beyond[node->self].lane[l] = beyond[node->high].lane[l] |
                                         (beyond[node->low].lane[l] & tests[node->test].lane[l]);
        });
}

// Bit k of the leaf's number changes at the splits whose place has k zeros at its end.
template <class W>
void number_bits(const W* beyond, size_t node_count, W* bits) {
    W one{}, two{}, four{};
    for (size_t i = 3; i < (node_count < 256 ? 8 : 16); ++i) bits[i] = W{};
    for (size_t i = 0; i < node_count; i += 8) {
        const W* at = beyond + i;
        W& more = bits[std::countr_zero(i + 8)];
        each_lane<W>([&](size_t l) {
            one.lane[l] ^= at[1].lane[l] ^ at[3].lane[l] ^ at[5].lane[l] ^ at[7].lane[l];
            two.lane[l] ^= at[2].lane[l] ^ at[6].lane[l];
            four.lane[l] ^= at[4].lane[l];
            more.lane[l] ^= at[8].lane[l];
        });
    }
    bits[0] = one;
    bits[1] = two;
    bits[2] = four;
}

template <class Isa, class W, bool are_floats>
void score_block(const Forest& forest, const double* matrix, size_t row_count, double* raw,
                 std::byte* memory) {
    BlockScratch<W> scratch(forest, memory);
    for (size_t block = 0; block < W::kBlocks && block * 64 < row_count; ++block) {
        size_t left = row_count - block * 64;
        slice_block<Isa>(forest, matrix + block * 64 * forest.column_count, left < 64 ? left : 64,
                         block, scratch.slices);
    }
    make_tests(forest, scratch.slices, scratch.tests);
    const Forest::Tree* trees = forest.trees.data();
    size_t tree_count = forest.trees.size() / forest.raw_count;
    alignas(64) double sums[W::kBlocks * 64];
    for (size_t r = 0; r < forest.raw_count; ++r, trees += tree_count) {
        for (double& sum : sums) sum = 0;
        for (size_t first = 0; first < tree_count; first += kBlockTrees) {
            size_t count = tree_count - first < kBlockTrees ? tree_count - first : kBlockTrees;
            for (size_t t = 0; t < count; ++t) {
                const Forest::Tree& tree = trees[first + t];
                alignas(64) W bits[kForestLeafBitsMax + 6];
                find_beyond(forest.nodes.data() + tree.first_node, tree.node_count, scratch.tests,
                            scratch.beyond);
                number_bits(scratch.beyond, tree.node_count, bits);
                Isa::number(bits, scratch.numbers + t * kBlockRowsMax);
                if (tree.bit_count > 8)
                    Isa::number(bits + 8, scratch.numbers_high + t * kBlockRowsMax);
            }
            for (size_t block = 0; block < W::kBlocks && block * 64 < row_count; ++block)
                Isa::template add_leaves<are_floats>(
                    forest, trees + first, count, scratch.numbers + block * 64,
                    scratch.numbers_high + block * 64, sums + block * 64);
        }
        for (size_t row = 0; row < row_count; ++row)
            raw[row * forest.raw_count + r] = sums[row / 64 * 64 + Isa::place(row % 64)];
    }
    if (forest.divisor != 1)
        for (size_t i = 0; i < row_count * forest.raw_count; ++i)
            raw[i] = rounded<are_floats>(raw[i] / forest.divisor);
}

template <class Isa, bool are_floats>
void score_blocks(const Forest& forest, const double* matrix, size_t row_count, double* raw,
                  std::byte* scratch) {
    constexpr size_t kHalf = Isa::kLaneBytes < 32 ? Isa::kLaneBytes : 32;
    while (row_count > 0) {
        size_t count = row_count < kBlockRowsMax ? row_count : kBlockRowsMax;
        if (count > 256)
            score_block<Isa, Words<Isa::kLaneBytes, 64 / Isa::kLaneBytes>, are_floats>(
                forest, matrix, count, raw, scratch);
        else if (count > 64)
            score_block<Isa, Words<kHalf, 32 / kHalf>, are_floats>(forest, matrix, count, raw,
                                                                   scratch);
        else
            score_block<Isa, Words<8, 1>, are_floats>(forest, matrix, count, raw, scratch);
        matrix += count * forest.column_count;
        raw += count * forest.raw_count;
        row_count -= count;
    }
}

template <class Isa>
void score_rows(const Forest& forest, const double* matrix, size_t row_count, double* raw,
                std::byte* scratch) {
    const auto run = forest.is_float32 ? score_blocks<Isa, true> : score_blocks<Isa, false>;
    run(forest, matrix, row_count, raw, scratch);
}

}  // namespace
}  // namespace quern::score
