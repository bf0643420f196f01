// The row kernel, included by one file for each kind of processor, which brings `Isa`: the row's
// bins lie in a table of bytes, and the exit of a treelet is found from it. Trees that reach a
// further treelet wait for the next wave, so no branch depends on the row.
#pragma once

#include "quern/score/models/tree_bins.h"
#include "quern/score/models/treelets.h"

namespace quern::score {
namespace {

struct RowScratch {
    uint8_t* bins;    // [slot]
    uint32_t* codes;  // [column of the forest]
    uint32_t* exits;  // [tree]
    uint32_t* waiting;

    RowScratch(const Treelets& treelets, std::byte* at) {
        bins = reinterpret_cast<uint8_t*>(at);
        codes = reinterpret_cast<uint32_t*>(at + kTreeletSlotsMax);
        exits = codes + treelets.column_count;
        waiting = exits + treelets.roots.size();
    }
};

inline void find_bins(const Forest& forest, const double* row, const RowScratch& scratch) {
    const Forest::Slot* slots = forest.slots.data();
    const Forest::Column* columns = forest.columns.data();
    for (size_t c = 0; c < forest.columns.size(); ++c) {
        const Forest::Column& column = columns[c];
        find_codes(forest, column, row, 1, scratch.codes + c);
        for (uint32_t s = column.first_slot; s < column.first_slot + column.slot_count; ++s)
            scratch.bins[s] = forest.bins.data()[slots[s].first_bin + scratch.codes[c]];
    }
}

// Nodes of the treelet that send the row right by their sets.
inline uint64_t set_nodes(const Treelets& treelets, const Treelets::Treelet& treelet,
                          const uint32_t* codes) {
    uint64_t nodes = 0;
    const Treelets::Set* set = treelets.sets.data() + treelet.first_set;
    for (uint32_t i = 0; i < treelet.set_count; ++i, ++set)
        nodes |= treelets.masks.data()[set->first_mask + codes[set->column]];
    return nodes;
}

template <class Isa, bool are_floats>
void score_row(const Forest& forest, const Treelets& treelets, const double* row, double* raw,
               const RowScratch& scratch) {
    find_bins(forest, row, scratch);
    const Isa isa(treelets, scratch.bins);
    const Treelets::Treelet* all = treelets.treelets.data();
    const uint32_t* roots = treelets.roots.data();
    size_t tree_count = treelets.roots.size(), waiting_count = 0, r = 0;
    auto exit_of = [&](uint32_t index, uint32_t node) {
        uint64_t right = set_nodes(treelets, all[index], scratch.codes);
        return all[index].first_exit +
               isa.exit(treelets.lines.data()[index], all[index], right, node);
    };
    auto take = [&](double value) {
        raw[r] = rounded<are_floats>(raw[r] + value);
        r = r + 1 == forest.raw_count ? 0 : r + 1;
    };
    if (treelets.is_single) {
        for (size_t tree = 0; tree < tree_count; ++tree)
            take(treelets.values.data()[exit_of(roots[tree], 0)]);
        return;
    }
    const uint32_t* onward = treelets.onward.data();
    auto arrive = [&](size_t tree, uint32_t index, uint32_t node) {
        scratch.exits[tree] = exit_of(index, node);
        scratch.waiting[waiting_count] = static_cast<uint32_t>(tree);
        waiting_count += onward[scratch.exits[tree]] != 0;
    };
    for (size_t tree = 0; tree < tree_count; ++tree) arrive(tree, roots[tree], 0);
    while (waiting_count > 0) {
        size_t count = waiting_count;
        waiting_count = 0;
        for (size_t i = 0; i < count; ++i) {
            uint32_t tree = scratch.waiting[i];
            uint32_t next = onward[scratch.exits[tree]];
            arrive(tree, next / 64, next % 64);
        }
    }
    for (size_t tree = 0; tree < tree_count; ++tree)
        take(treelets.values.data()[scratch.exits[tree]]);
}

template <class Isa, bool are_floats>
void score_all_rows(const Forest& forest, const Treelets& treelets, const double* matrix,
                    size_t row_count, double* raw, std::byte* memory) {
    RowScratch scratch(treelets, memory);
    for (size_t i = 0; i < row_count * forest.raw_count; ++i) raw[i] = 0;
    for (size_t row = 0; row < row_count; ++row)
        score_row<Isa, are_floats>(forest, treelets, matrix + row * forest.column_count,
                                   raw + row * forest.raw_count, scratch);
    if (forest.divisor != 1)
        for (size_t i = 0; i < row_count * forest.raw_count; ++i)
            raw[i] = rounded<are_floats>(raw[i] / forest.divisor);
}

template <class Isa>
void score_each_row(const Forest& forest, const Treelets& treelets, const double* matrix,
                    size_t row_count, double* raw, std::byte* scratch) {
    if (forest.is_float32)
        score_all_rows<Isa, true>(forest, treelets, matrix, row_count, raw, scratch);
    else
        score_all_rows<Isa, false>(forest, treelets, matrix, row_count, raw, scratch);
}

// Walks the treelet split by split.
struct RowWalk {
    const uint8_t* bins;

    RowWalk(const Treelets&, const uint8_t* row_bins) : bins(row_bins) {}
    uint32_t exit(const Treelets::Lines& lines, const Treelets::Treelet& treelet,
                  uint64_t right_by_set, uint32_t at) const {
        auto byte = [](const Line& line, uint32_t i) {
            return static_cast<uint32_t>(line.bytes[i]);
        };
        while (at < 64) {
            uint32_t slot =
                byte(lines.slot, at) | static_cast<uint32_t>(treelet.far_slots[1] >> at & 1) << 8;
            bool is_right = (bins[slot] > byte(lines.bin, at)) | (right_by_set >> at & 1);
            at = byte(is_right ? lines.right : lines.left, at);
        }
        return at - 64;
    }
};

}  // namespace
}  // namespace quern::score
