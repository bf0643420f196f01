// Trees of other programs: nodes in any order, comparisons of floats, sets that go either way.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "quern/score/models/trees.h"

namespace quern::score {

struct SourceNode {
    static constexpr uint64_t kNone = UINT64_MAX;
    uint64_t left = kNone, right = kNone;  // in the same list; a leaf has neither
    uint32_t column = 0;
    double threshold = 0;  // left when the value is below or equal
    bool nan_left = false;
    uint32_t first_word = 0, word_count = 0;  // of a set whose members go left; 0: a threshold
    bool is_leaf() const { return left == kNone; }
};

struct OrderedTree {
    Trees::Tree tree;              // its leaves are zero
    std::vector<uint64_t> leaves;  // the node that each leaf was
};

// From `root` on, level by level; nodes that it does not reach are left out. Refused: a child out
// of the list, a node that is reached twice.
Result<OrderedTree> order_tree(std::span<const SourceNode> nodes, uint64_t root);

// The largest double that, as a float, is <= the limit, or < it. A comparison of floats becomes one
// of doubles, and inputs need not be rounded.
double largest_up_to(float limit);
double largest_below(float limit);
// Of a comparison of a float with a double.
double largest_float_up_to(double limit);

// Appends a set of categories to the trees' words; the place for the node.
class CategorySets {
public:
    explicit CategorySets(Trees& trees) : trees_(trees) {}
    Status add(const std::vector<uint32_t>& members, SourceNode& node);

private:
    Trees& trees_;
};

// Trees of several raw scores, each in its own order, as Trees keeps them; where one has fewer,
// trees that add nothing.
void interleave(std::vector<std::vector<Trees::Tree>> by_raw, Trees& trees);

Trees::Tree constant_tree(double value);

// A whole number from 0 on; one that is out of every list for anything else.
inline uint64_t index_of(double number) {
    return number >= 0 && number <= 0x1p32 ? static_cast<uint64_t>(number) : UINT64_MAX / 64;
}

constexpr size_t kSetWordsMax = size_t{1} << 24;

}  // namespace quern::score
