// Trees laid out for kernels that look at bins instead of values. A value's code is the number of
// the model's own thresholds below it, so a code answers every split on its column exactly; a slot
// turns codes into bins of one byte for splits that treat missing values alike. A test is one
// question of the trees: does the row go right? Equal questions of many nodes are one test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "quern/score/models/trees.h"

namespace quern::score {

struct alignas(64) Line {
    std::byte bytes[64];
};

struct Forest {
    // Keys are a search tree of nodes of 16, the root first, then each deeper level in order.
    struct Column {
        uint32_t column = 0;  // of the matrix
        uint32_t level_count = 0;
        uint32_t first_key = 0;
        uint32_t code_count = 0;  // the last one is NaN's
        uint32_t first_slot = 0, slot_count = 0;
    };
    // Test i of a slot: bin > i.
    struct Slot {
        uint32_t first_bin = 0;  // in `bins`: the bin of each code
        uint32_t first_test = 0, test_count = 0;
        uint32_t bit_count = 0;  // of a bin
    };
    // A test of membership: true where an even number of its terms, which are tests of
    // slots, is true. The terms are the borders of the runs of codes in the set.
    struct Set {
        uint32_t first_term = 0, term_count = 0;
    };
    // Splits of a tree stand between its leaves, from left to right: split i of the order lies
    // between leaf i - 1 and leaf i. Beyond `low` or `high` the row is in another branch.
    struct Node {
        uint32_t test = 0;
        uint16_t low = 0, high = 0, self = 0;
    };
    // A leaf's number is the Gray code of its place from left to right: each split then changes
    // one bit of it.
    struct Tree {
        uint32_t first_node = 0, node_count = 0;
        uint32_t bit_count = 0;   // of a leaf's number
        uint32_t first_leaf = 0;  // in `leaves`, by number
        uint32_t first_plane = 0;
    };

    std::vector<Column> columns;
    std::vector<Line> keys;  // two lines are the 16 keys of a node
    std::vector<Slot> slots;
    std::vector<uint8_t> bins;
    std::vector<Set> sets;  // test number of set i: slot_test_count + i
    std::vector<uint32_t> terms;
    std::vector<uint32_t> node_tests;  // tree by tree, in the order of the trainer
    std::vector<Node> nodes;           // parents before children
    std::vector<Tree> trees;  // those of raw score 0, then those of 1, ...; each in its order
    std::vector<double> leaves;
    std::vector<Line> planes;  // of trees of up to 256 leaves: byte 0 of all leaves, byte 1, ...
    uint32_t slot_test_count = 0, test_count = 0;
    uint32_t node_count_max = 0;  // of a tree
    uint32_t column_count = 0;    // of the matrix
    uint32_t raw_count = 1;
    double divisor = 1;
    bool is_float32 = false;  // sums are of floats
};

constexpr size_t kForestLeavesMax = 1024;  // of a tree
constexpr size_t kForestTestsMax = size_t{1} << 18;
constexpr size_t kForestTermsMax = size_t{1} << 22;
constexpr size_t kForestLeafBitsMax = 10;

// Nothing if the trees are beyond the limits above.
std::optional<Forest> make_forest(const Trees& trees, size_t column_count);

}  // namespace quern::score
