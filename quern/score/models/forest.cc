#include "quern/score/models/forest.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "quern/score/models/forest_columns.h"

namespace quern::score {
namespace {

// Where the branches of a tree lie between its leaves, from left to right.
struct Place {
    uint32_t first_leaf = 0, leaf_count = 1, low = 0, high = 0, depth = 0;
};

std::vector<Place> places_of(const Trees::Tree& tree, std::vector<uint32_t>& leaf_order) {
    std::vector<Place> places(tree.nodes.size());
    auto leaf_count = [&](int32_t child) {
        return child >= 0 ? places[static_cast<size_t>(child)].leaf_count : 1;
    };
    // Children come after their parents: backwards for sizes, forwards for places.
    for (size_t i = tree.nodes.size(); i-- > 0;)
        places[i].leaf_count = leaf_count(tree.nodes[i].left) + leaf_count(tree.nodes[i].right);
    leaf_order.assign(tree.leaves.size(), 0);
    if (!places.empty()) places[0].high = static_cast<uint32_t>(tree.nodes.size()) + 1;
    for (size_t i = 0; i < tree.nodes.size(); ++i) {
        const Place at = places[i];
        uint32_t self = at.first_leaf + leaf_count(tree.nodes[i].left);
        auto descend = [&](int32_t child, uint32_t first_leaf, uint32_t low, uint32_t high) {
            if (child < 0) {
                leaf_order[first_leaf] = static_cast<uint32_t>(~child);
            } else {
                Place& place = places[static_cast<size_t>(child)];
                place = {first_leaf, place.leaf_count, low, high, at.depth + 1};
            }
        };
        descend(tree.nodes[i].left, at.first_leaf, at.low, self);
        descend(tree.nodes[i].right, self, self, at.high);
    }
    return places;
}

void add_nodes(const Trees::Tree& tree, const std::vector<Place>& places, const uint32_t* tests,
               Forest& forest) {
    // Level by level, so that neighbours do not wait for each other.
    std::vector<uint32_t> order(tree.nodes.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return places[a].depth < places[b].depth; });
    for (uint32_t i : order) {
        int32_t left = tree.nodes[i].left;
        uint32_t left_count = left >= 0 ? places[static_cast<size_t>(left)].leaf_count : 1;
        forest.nodes.push_back({tests[i], static_cast<uint16_t>(places[i].low),
                                static_cast<uint16_t>(places[i].high),
                                static_cast<uint16_t>(places[i].first_leaf + left_count)});
    }
}

void add_leaves(const Trees::Tree& from, const std::vector<uint32_t>& leaf_order, Forest& forest,
                Forest::Tree& tree) {
    size_t size = size_t{1} << tree.bit_count;
    std::vector<double> values(std::max<size_t>(size, 64), 0.0);
    for (size_t i = 0; i < leaf_order.size(); ++i)
        values[i ^ (i >> 1)] = from.leaves[leaf_order[i]];
    tree.first_leaf = static_cast<uint32_t>(forest.leaves.size());
    forest.leaves.insert(forest.leaves.end(), values.begin(),
                         values.begin() + static_cast<ptrdiff_t>(size));
    if (tree.bit_count > 8) return;
    tree.first_plane = static_cast<uint32_t>(forest.planes.size());
    std::vector<std::byte> planes(values.size() * 8);
    for (size_t i = 0; i < values.size(); ++i)
        for (size_t plane = 0; plane < 8; ++plane)
            planes[plane * values.size() + i] =
                reinterpret_cast<const std::byte*>(&values[i])[plane];
    forest.planes.resize(forest.planes.size() + planes.size() / 64);
    std::memcpy(&forest.planes[tree.first_plane], planes.data(), planes.size());
}

}  // namespace

std::optional<Forest> make_forest(const Trees& trees, size_t column_count) {
    Forest forest;
    forest.column_count = static_cast<uint32_t>(column_count);
    forest.raw_count = trees.raw_count;
    forest.is_float32 = trees.is_float32;
    if (trees.is_average && !trees.trees.empty())
        forest.divisor = static_cast<double>(trees.trees.size() / trees.raw_count);
    std::vector<size_t> first_test;
    size_t node_count = 0;
    for (const Trees::Tree& tree : trees.trees) {
        if (tree.leaves.size() > kForestLeavesMax) return std::nullopt;
        first_test.push_back(node_count);
        node_count += tree.nodes.size();
    }
    std::vector<uint32_t> leaf_order;
    forest.node_tests.reserve(node_count);
    if (!add_tests(trees, forest)) return std::nullopt;
    for (size_t raw = 0; raw < trees.raw_count; ++raw) {
        for (size_t i = raw; i < trees.trees.size(); i += trees.raw_count) {
            const Trees::Tree& from = trees.trees[i];
            Forest::Tree tree;
            tree.first_node = static_cast<uint32_t>(forest.nodes.size());
            tree.node_count = static_cast<uint32_t>(from.nodes.size());
            tree.bit_count = static_cast<uint32_t>(std::bit_width(from.nodes.size()));
            forest.node_count_max = std::max(forest.node_count_max, tree.node_count);
            std::vector<Place> places = places_of(from, leaf_order);
            add_nodes(from, places, forest.node_tests.data() + first_test[i], forest);
            add_leaves(from, leaf_order, forest, tree);
            forest.trees.push_back(tree);
        }
    }
    return forest;
}

}  // namespace quern::score
