// Trees cut into treelets of up to 63 splits, for kernels that score one row: all splits of a
// treelet are answered at once, and the way from its root follows from the answers. What a large
// tree has below its first treelet is many small branches; one treelet takes several of them.
#pragma once

#include "quern/score/models/forest.h"

namespace quern::score {

constexpr size_t kTreeletNodes = 63, kTreeletSlotsMax = 512;

struct Treelets {
    // A row goes right at node n if the bin of slot[n] is above bin[n]; `left` and `right` then
    // name the next node, or 64 + the exit.
    struct Lines {
        Line slot, bin, left, right;
    };
    struct Treelet {
        uint64_t far_slots[2] = {0, 0};  // nodes whose slot has bit 7, bit 8
        uint32_t first_exit = 0;
        uint32_t first_set = 0;
        uint16_t set_count = 0;
        uint16_t rounds = 0;  // 2^rounds steps lead to an exit from anywhere
    };
    // Of one column: which nodes send a code right by their sets, code by code.
    struct Set {
        uint32_t column = 0;  // of the forest
        uint32_t first_mask = 0;
    };
    std::vector<Lines> lines;
    std::vector<Treelet> treelets;
    std::vector<uint32_t> roots;   // by tree, in the order of the trainer
    std::vector<double> values;    // by exit: the leaf's value
    std::vector<uint32_t> onward;  // by exit: 0, or 64 * the treelet that follows + its node
    std::vector<Set> sets;
    std::vector<uint64_t> masks;
    uint32_t slot_count = 0, column_count = 0;
    bool is_single = true;  // no tree has more than one treelet
};

// Nothing if there are too many slots or categories.
std::optional<Treelets> make_treelets(const Trees& trees, const Forest& forest);

}  // namespace quern::score
