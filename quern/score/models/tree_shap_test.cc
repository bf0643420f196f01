// Covers tree_shap.cc, tree_shap_plain.cc, tree_shap_avx2.cc, tree_shap_avx512.cc and
// tree_background.cc.
#include "quern/score/models/tree_shap.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>
#include <new>
#include <numeric>
#include <random>

#include "quern/score/model.h"
#include "quern/score/models/tree_shap_reference.h"

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
double shapley(const auto& mean_of, uint32_t column) {
    double sum = 0;
    for (uint32_t known = 0; known < 1u << kColumns; ++known) {
        if (known >> column & 1) continue;
        int size = std::popcount(known);
        double weight = factorial(size) * factorial(static_cast<int>(kColumns) - size - 1) /
                        factorial(static_cast<int>(kColumns));
        sum += weight * (mean_of(known | 1u << column) - mean_of(known));
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
        auto mean_of = [&](uint32_t known) { return mean_given(trees.trees[0], 0, row, known); };
        for (const ShapKernel* kernel : shap_kernels()) {
            auto found = explain(*kernel, *shap, row);
            for (uint32_t column = 0; column < kColumns; ++column)
                EXPECT_NEAR(found[column], shapley(mean_of, column), 1e-12) << kernel->name;
        }
    }
}

// 8 points serve paths of 16 columns, 128 points paths of 256; a chain has the longest.
TEST(TreeShap, sums_to_the_score_on_long_paths) {
    std::mt19937 random(2);
    std::normal_distribution<double> normal;
    for (size_t length : {3u, 16u, 17u, 40u, 64u, 65u, 130u, 256u}) {
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

Trees reference_trees() {
    Trees trees;
    for (size_t t = 0; t < reference::kTrees; ++t) {
        Trees::Tree tree;
        for (size_t i = t * (reference::kLeaves - 1); i < (t + 1) * (reference::kLeaves - 1); ++i)
            tree.nodes.push_back({.column = reference::column[i],
                                  .threshold = reference::threshold[i],
                                  .left = reference::left[i],
                                  .right = reference::right[i]});
        for (size_t i = t * reference::kLeaves; i < (t + 1) * reference::kLeaves; ++i) {
            tree.leaves.push_back(reference::value[i]);
            tree.covers.push_back(reference::cover[i]);
        }
        trees.trees.push_back(tree);
    }
    return trees;
}

void expect_near(const std::vector<double>& got, const double* want, double margin) {
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], margin) << i;
}

TEST(TreeShap, equals_the_package_shap) {
    constexpr size_t kWidth = reference::kColumns;
    auto shap = make_shap(reference_trees(), kWidth);
    ASSERT_TRUE(shap.has_value());
    EXPECT_NEAR(shap->expected[0], reference::expected[0], 1e-12);
    std::vector<uint32_t> alone(kWidth);
    std::iota(alone.begin(), alone.end(), 0u);
    BoundModel memory;
    memory.scratch_bytes = shap_scratch_bytes(*shap);
    ModelScratch scratch = make_model_scratch(memory);
    for (const ShapKernel* kernel : shap_kernels()) {
        SCOPED_TRACE(kernel->name);
        for (size_t r = 0; r < reference::rows.size() / kWidth; ++r) {
            const double* row = &reference::rows[r * kWidth];
            expect_near(explain(*kernel, *shap, row), &reference::path_dependent[r * kWidth],
                        1e-12);
            std::vector<double> pairs(kWidth * kWidth);
            kernel->interact(*shap, row, alone.data(), kWidth, pairs.data(), scratch.get());
            expect_near(pairs, &reference::interactions[r * kWidth * kWidth], 1e-12);
        }
    }
}

// The package keeps what it compares in float32.
TEST(TreeShap, equals_the_package_shap_beside_a_background) {
    constexpr size_t kWidth = reference::kColumns;
    Trees trees = reference_trees();
    EXPECT_FALSE(make_background(trees, kWidth).has_value());
    trees.background = reference::background;
    auto background = make_background(trees, kWidth);
    ASSERT_TRUE(background.has_value());
    EXPECT_NEAR(background->expected[0], reference::expected[1], 1e-6);
    BoundModel memory;
    memory.scratch_bytes = background_scratch_bytes(*background);
    ModelScratch scratch = make_model_scratch(memory);
    for (const ShapKernel* kernel : shap_kernels()) {
        for (size_t r = 0; r < reference::rows.size() / kWidth; ++r) {
            std::vector<double> found(kWidth);
            kernel->compare(*background, &reference::rows[r * kWidth], found.data(), scratch.get());
            expect_near(found, &reference::interventional[r * kWidth], 1e-6);
        }
    }
}

// The mean over the background of a row whose unknown columns are theirs, by Shapley's formula.
TEST(TreeShap, is_shapleys_value_beside_a_background) {
    std::mt19937 random(4);
    std::normal_distribution<double> normal;
    for (size_t count : {1u, 3u, 64u, 100u}) {
        Trees trees;
        trees.trees.push_back(random_tree(random, 20, kColumns));
        std::vector<double> row(kColumns), want(kColumns), found(kColumns), mixed(kColumns);
        for (double& value : row) value = normal(random);
        for (size_t i = 0; i < count * kColumns; ++i) trees.background.push_back(normal(random));
        auto background = make_background(trees, kColumns);
        ASSERT_TRUE(background.has_value());
        auto mean_of = [&](uint32_t known) {
            double sum = 0;
            for (size_t b = 0; b < count; ++b) {
                for (size_t c = 0; c < kColumns; ++c)
                    mixed[c] = known >> c & 1 ? row[c] : trees.background[b * kColumns + c];
                double raw = 0;
                score_walk(background->walk, mixed.data(), 1, &raw);
                sum += raw / static_cast<double>(count);
            }
            return sum;
        };
        for (uint32_t column = 0; column < kColumns; ++column)
            want[column] = shapley(mean_of, column);
        BoundModel memory;
        memory.scratch_bytes = background_scratch_bytes(*background);
        ModelScratch scratch = make_model_scratch(memory);
        for (const ShapKernel* kernel : shap_kernels()) {
            std::ranges::fill(found, 0.0);
            kernel->compare(*background, row.data(), found.data(), scratch.get());
            expect_near(found, want.data(), 1e-12);
        }
    }
}

TEST(TreeShap, adds_up_pairs_by_source) {
    Trees trees = reference_trees();
    auto shap = make_shap(trees, reference::kColumns);
    ASSERT_TRUE(shap.has_value());
    const std::vector<uint32_t> sources{0, 1, 0, 1};
    BoundModel memory;
    memory.scratch_bytes = shap_scratch_bytes(*shap);
    ModelScratch scratch = make_model_scratch(memory);
    std::vector<double> want(4), found(4);
    for (size_t i = 0; i < 4; ++i)
        for (size_t j = 0; j < 4; ++j)
            want[sources[i] * 2 + sources[j]] += reference::interactions[i * 4 + j];
    shap_kernel().interact(*shap, reference::rows.data(), sources.data(), 2, found.data(),
                           scratch.get());
    expect_near(found, want.data(), 1e-12);
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
