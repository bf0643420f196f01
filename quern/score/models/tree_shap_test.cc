// Covers tree_shap.cc, tree_shap_plain.cc, tree_shap_avx2.cc and tree_shap_avx512.cc.
#include "quern/score/models/tree_shap.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>
#include <new>
#include <random>

#include "quern/score/model.h"

namespace quern::score {
namespace {

constexpr size_t kColumns = 5;

Trees::Tree random_tree(std::mt19937& random, size_t leaf_count, size_t column_count) {
    std::normal_distribution<double> normal;
    Trees::Tree tree;
    tree.leaves.push_back(normal(random));
    std::vector<int32_t*> slots;
    std::vector<std::pair<size_t, bool>> owner{{SIZE_MAX, false}};
    while (tree.leaves.size() < leaf_count) {
        size_t leaf = random() % tree.leaves.size();
        auto index = static_cast<int32_t>(tree.nodes.size());
        Trees::Node node{.column = static_cast<uint32_t>(random() % column_count),
                         .threshold = normal(random)};
        node.left = ~static_cast<int32_t>(leaf);
        node.right = ~static_cast<int32_t>(tree.leaves.size());
        auto [parent, is_right] = owner[leaf];
        if (parent != SIZE_MAX)
            (is_right ? tree.nodes[parent].right : tree.nodes[parent].left) = index;
        owner[leaf] = {tree.nodes.size(), false};
        owner.push_back({tree.nodes.size(), true});
        tree.nodes.push_back(node);
        tree.leaves.push_back(normal(random));
    }
    for (size_t i = 0; i < leaf_count; ++i)
        tree.covers.push_back(static_cast<double>(1 + random() % 50));
    return tree;
}

double cover_of(const Trees::Tree& tree, int32_t at) {
    if (at < 0) return tree.covers[static_cast<size_t>(~at)];
    const Trees::Node& node = tree.nodes[static_cast<size_t>(at)];
    return cover_of(tree, node.left) + cover_of(tree, node.right);
}

// The mean of the tree where only the columns in `known` are looked at.
double mean_given(const Trees::Tree& tree, int32_t at, const double* row, uint32_t known) {
    if (at < 0) return tree.leaves[static_cast<size_t>(~at)];
    const Trees::Node& node = tree.nodes[static_cast<size_t>(at)];
    double left = mean_given(tree, node.left, row, known);
    double right = mean_given(tree, node.right, row, known);
    if (known >> node.column & 1) return row[node.column] <= node.threshold ? left : right;
    double share = cover_of(tree, node.left) / cover_of(tree, at);
    return share * left + (1 - share) * right;
}

double factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }

// Shapley's own formula, over all sets of columns.
double shapley(const Trees::Tree& tree, const double* row, uint32_t column) {
    double sum = 0;
    for (uint32_t known = 0; known < 1u << kColumns; ++known) {
        if (known >> column & 1) continue;
        int size = std::popcount(known);
        double weight = factorial(size) * factorial(static_cast<int>(kColumns) - size - 1) /
                        factorial(static_cast<int>(kColumns));
        sum += weight *
               (mean_given(tree, 0, row, known | 1u << column) - mean_given(tree, 0, row, known));
    }
    return sum;
}

std::vector<double> explain(const ShapKernel& kernel, const Shap& shap, const double* row) {
    std::vector<double> out(shap.walk.raw_count * shap.walk.column_count, 0);
    BoundModel memory;
    memory.scratch_bytes = shap_scratch_bytes(shap);
    ModelScratch scratch = make_model_scratch(memory);
    kernel.explain(shap, row, out.data(), scratch.get());
    return out;
}

TEST(TreeShap, is_shapleys_value) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    for (int round = 0; round < 20; ++round) {
        Trees trees;
        trees.trees.push_back(random_tree(random, 2 + random() % 20, kColumns));
        double row[kColumns];
        for (double& value : row) value = normal(random);
        auto shap = make_shap(trees, kColumns);
        ASSERT_TRUE(shap.has_value());
        for (const ShapKernel* kernel : shap_kernels()) {
            auto found = explain(*kernel, *shap, row);
            for (uint32_t column = 0; column < kColumns; ++column)
                EXPECT_NEAR(found[column], shapley(trees.trees[0], row, column), 1e-12)
                    << kernel->name;
        }
    }
}

// 8 points serve paths of 16 columns, 32 points paths of 64; a chain has the longest.
TEST(TreeShap, sums_to_the_score_on_long_paths) {
    std::mt19937 random(2);
    std::normal_distribution<double> normal;
    for (size_t length : {3u, 16u, 17u, 40u, 64u}) {
        Trees trees;
        trees.raw_count = 2;
        for (int t = 0; t < 4; ++t) {
            Trees::Tree tree;
            for (size_t i = 0; i < length; ++i) {
                auto next = static_cast<int32_t>(i + 1);
                bool is_last = i + 1 == length;
                tree.nodes.push_back({.column = static_cast<uint32_t>(i),
                                      .threshold = normal(random) + 1,
                                      .left = is_last ? ~next : next,
                                      .right = ~static_cast<int32_t>(i)});
            }
            for (size_t i = 0; i <= length; ++i) {
                tree.leaves.push_back(normal(random));
                tree.covers.push_back(static_cast<double>(1 + random() % 9));
            }
            trees.trees.push_back(tree);
        }
        std::vector<double> row(length), raw(2);
        for (double& value : row) value = normal(random);
        auto shap = make_shap(trees, length);
        ASSERT_TRUE(shap.has_value());
        score_walk(shap->walk, row.data(), 1, raw.data());
        for (const ShapKernel* kernel : shap_kernels()) {
            auto found = explain(*kernel, *shap, row.data());
            for (size_t r = 0; r < 2; ++r) {
                double sum = shap->expected[r];
                for (size_t i = 0; i < length; ++i) sum += found[r * length + i];
                EXPECT_NEAR(sum, raw[r], 1e-9) << kernel->name << ", " << length << " columns";
            }
        }
    }
}

TEST(TreeShap, needs_covers_and_paths_of_few_columns) {
    std::mt19937 random(3);
    Trees trees;
    trees.trees.push_back(random_tree(random, 10, kColumns));
    EXPECT_TRUE(make_shap(trees, kColumns).has_value());
    trees.trees[0].covers.clear();
    EXPECT_FALSE(make_shap(trees, kColumns).has_value());
}

}  // namespace
}  // namespace quern::score
