// Exact contributions of columns to the score of trees beside those of other rows, the background
// (interventional Shapley values): what a split does not know of a row it answers by each of them.
#pragma once

#include <optional>

#include "quern/score/models/tree_walk.h"

namespace quern::score {

// A column of a path is the row's if only the row keeps to the path there, the other's if only the
// other does. With n of the first and m of the second kind, the leaf's value v gives each of the
// first v * (n - 1)! m! / (n + m)!, and takes v * n! (m - 1)! / (n + m)! from each of the second;
// a leaf that neither row reaches by some of its columns gives nothing. The background's rows are
// the bits of words, so one visit of a path serves 64 of them.
struct Background {
    struct Node {
        double value[2]{};    // of a leaf there
        uint32_t below[2]{};  // 1 + node of the tree; of a leaf 0
        uint32_t above = 0;   // the edge (1 + 2 node + side) of the column's last split, or 0
        uint32_t step = 0;    // of the walk
    };
    struct Tree {
        uint32_t first_node = 0, node_count = 0;
    };
    Walk walk;
    std::vector<Node> nodes;
    std::vector<Tree> trees;          // by tree
    std::vector<uint64_t> followers;  // [node][side][word]: who takes the edge
    std::vector<double> shares;       // [n][m]: n! m! / (n + m + 1)!
    std::vector<double> expected;     // by raw score: the mean over the background
    size_t row_count = 0, word_count = 0;
    uint32_t node_count_max = 0, depth_max = 0;  // of a tree
};

constexpr size_t kBackgroundPathMax = 64;  // columns of a path, exclusive

// Nothing if the trees have no background, or are too deep.
std::optional<Background> make_background(const Trees& trees, size_t column_count);
size_t background_scratch_bytes(const Background& background);

}  // namespace quern::score
