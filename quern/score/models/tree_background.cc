#include "quern/score/models/tree_background.h"

#include <algorithm>

#include "quern/score/models/tree_shap.h"

namespace quern::score {
namespace {

struct Maker {
    const Trees& trees;
    Background& made;
    std::vector<uint32_t> from, depths, uniques;  // by node: edge to it, splits and columns above

    bool add(const Trees::Tree& tree, uint32_t first_step) {
        size_t count = tree.nodes.size();
        from.assign(count, 0);
        depths.assign(count, 0);
        uniques.assign(count, 0);
        made.trees.push_back(
            {static_cast<uint32_t>(made.nodes.size()), static_cast<uint32_t>(count)});
        made.node_count_max = std::max(made.node_count_max, static_cast<uint32_t>(count));
        for (size_t i = 0; i < count; ++i) {
            const Trees::Node& node = tree.nodes[i];
            Background::Node to;
            to.step = first_step + static_cast<uint32_t>(i);
            to.above = last_split_above(tree, i);
            uint32_t columns = uniques[i] + (to.above == 0 ? 1 : 0);
            if (columns >= kBackgroundPathMax || depths[i] >= kShapDepthMax) return false;
            made.depth_max = std::max(made.depth_max, depths[i] + 1);
            for (size_t side = 0; side < 2; ++side) {
                int32_t child = side == 0 ? node.left : node.right;
                if (child < 0) {
                    to.value[side] = tree.leaves[static_cast<size_t>(~child)];
                    continue;
                }
                auto below = static_cast<size_t>(child);
                to.below[side] = static_cast<uint32_t>(child) + 1;
                from[below] = static_cast<uint32_t>(1 + 2 * i + side);
                depths[below] = depths[i] + 1;
                uniques[below] = columns;
            }
            made.nodes.push_back(to);
            add_followers(to);
        }
        return true;
    }

    uint32_t last_split_above(const Trees::Tree& tree, size_t i) const {
        for (uint32_t edge = from[i]; edge != 0; edge = from[(edge - 1) / 2])
            if (tree.nodes[(edge - 1) / 2].column == tree.nodes[i].column) return edge;
        return 0;
    }

    void add_followers(const Background::Node& node) {
        const Walk::Step& step = made.walk.steps[node.step];
        size_t first = made.followers.size(), words = made.word_count;
        made.followers.resize(first + 2 * words);
        for (size_t row = 0; row < made.row_count; ++row) {
            double value = trees.background[row * made.walk.column_count + step.column];
            size_t side = goes_left(made.walk, step, value) ? 0 : 1;
            made.followers[first + side * words + row / 64] |= uint64_t{1} << (row % 64);
        }
    }
};

}  // namespace

std::optional<Background> make_background(const Trees& trees, size_t column_count) {
    if (trees.background.empty() || column_count == 0) return std::nullopt;
    Background made;
    made.walk = make_walk(trees, column_count);
    made.row_count = trees.background.size() / column_count;
    made.word_count = (made.row_count + 63) / 64;
    Maker maker{trees, made, {}, {}, {}};
    for (size_t i = 0; i < trees.trees.size(); ++i)
        if (!maker.add(trees.trees[i], made.walk.roots[i])) return std::nullopt;
    made.shares.resize(kBackgroundPathMax * kBackgroundPathMax);
    for (size_t n = 0; n < kBackgroundPathMax; ++n)
        for (size_t m = 0; m < kBackgroundPathMax; ++m)
            made.shares[n * kBackgroundPathMax + m] =
                n == 0 ? 1.0 / static_cast<double>(m + 1)
                       : made.shares[(n - 1) * kBackgroundPathMax + m] * static_cast<double>(n) /
                             static_cast<double>(n + m + 1);
    std::vector<double> raw(made.row_count * trees.raw_count);
    score_walk(made.walk, trees.background.data(), made.row_count, raw.data());
    made.expected.assign(trees.raw_count, 0);
    for (size_t i = 0; i < raw.size(); ++i)
        made.expected[i % trees.raw_count] += raw[i] / static_cast<double>(made.row_count);
    return made;
}

size_t background_scratch_bytes(const Background& background) {
    size_t words =
        (2 * (size_t{background.depth_max} + 1) + 1 + kBackgroundPathMax) * background.word_count;
    return words * sizeof(uint64_t) +
           (size_t{2} * background.node_count_max + 1) * sizeof(uint32_t);
}

}  // namespace quern::score
