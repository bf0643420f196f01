// Covers trees_buffers.cc, forest.cc, forest_columns.cc, tree_scorer.cc, tree_kernel.cc,
// treelets.cc and the kernels: tree_walk.cc, tree_block_plain.cc, tree_block_avx2.cc,
// tree_block_avx512.cc, tree_row_plain.cc, tree_row_avx2.cc, tree_row_avx512.cc.
#include "quern/score/models/trees.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "quern/score/model.h"
#include "quern/score/models/tree_scorer.h"

namespace quern::score {
namespace {

constexpr size_t kColumns = 6;

// LightGBM's own rules, written as it writes them.
bool goes_left(const Trees& trees, const Trees::Node& node, double value) {
    if (node.is_categorical) {
        if (std::isnan(value)) return false;
        if (value <= -1 || value >= 2147483648.0) return false;
        auto category = static_cast<uint32_t>(value);
        if (category / 32 >= node.word_count) return false;
        return (trees.categories[node.first_word + category / 32] >> (category % 32) & 1) != 0;
    }
    if (std::isnan(value) && node.missing != Missing::nan) value = 0;
    bool is_zero = value >= -1e-35f && value <= 1e-35f;
    if ((node.missing == Missing::zero && is_zero) ||
        (node.missing == Missing::nan && std::isnan(value)))
        return node.default_left;
    return value <= node.threshold;
}

double leaf_of(const Trees& trees, const Trees::Tree& tree, const double* row) {
    int32_t at = tree.nodes.empty() ? -1 : 0;
    while (at >= 0) {
        const Trees::Node& node = tree.nodes[static_cast<size_t>(at)];
        at = goes_left(trees, node, row[node.column]) ? node.left : node.right;
    }
    const auto leaf = static_cast<size_t>(~at);
    if (tree.linear.empty()) return tree.leaves[leaf];
    double sum = tree.linear[leaf].constant;
    for (const Trees::Term& term : tree.linear[leaf].terms) {
        if (std::isnan(row[term.column])) return tree.leaves[leaf];
        sum += term.weight * row[term.column];
    }
    return sum;
}

// A tree of random shape: each split takes a leaf and puts two in its place.
Trees::Tree random_tree(std::mt19937& random, size_t leaf_count, bool is_plain,
                        uint32_t word_count) {
    std::normal_distribution<double> normal;
    Trees::Tree tree;
    tree.leaves.push_back(normal(random));
    std::vector<std::pair<int, bool>> parent_of_leaf{{-1, false}};
    while (tree.leaves.size() < leaf_count) {
        size_t leaf = random() % tree.leaves.size();
        Trees::Node node;
        node.column = static_cast<uint32_t>(random() % kColumns);
        node.threshold = random() % 4 == 0 ? 0.0 : normal(random);
        node.missing = is_plain ? (random() % 2 == 0 ? Missing::none : Missing::nan)
                                : static_cast<Missing>(random() % 3);
        node.default_left = random() % 2 == 0;
        if (!is_plain && random() % 4 == 0) {
            node.is_categorical = true;
            node.missing = Missing::none;
            node.word_count = 1 + static_cast<uint32_t>(random() % 2);
            node.first_word = static_cast<uint32_t>(random() % (word_count - node.word_count));
        }
        auto index = static_cast<int32_t>(tree.nodes.size());
        auto [parent, is_right] = parent_of_leaf[leaf];
        if (parent >= 0)
            (is_right ? tree.nodes[static_cast<size_t>(parent)].right
                      : tree.nodes[static_cast<size_t>(parent)].left) = index;
        node.left = ~static_cast<int32_t>(leaf);
        node.right = ~static_cast<int32_t>(tree.leaves.size());
        tree.nodes.push_back(node);
        tree.leaves.push_back(normal(random));
        parent_of_leaf[leaf] = {index, false};
        parent_of_leaf.push_back({index, true});
    }
    return tree;
}

std::vector<double> hostile_matrix(std::mt19937& random, size_t row_count) {
    std::normal_distribution<double> normal;
    const double odd[] = {NAN,   INFINITY, -INFINITY, -0.0, 0.0,          1e-35,
                          1e-36, -1e-35,   1e300,     3,    31,           32,
                          63,    64,       -1,        -0.5, 2147483648.0, 9007199254740993.0};
    std::vector<double> matrix(row_count * kColumns);
    for (double& value : matrix)
        value = random() % 2 == 0 ? normal(random) : odd[random() % std::size(odd)];
    return matrix;
}

std::vector<double> want_raw(const Trees& trees, const std::vector<double>& matrix) {
    std::vector<double> want(matrix.size() / kColumns * trees.raw_count, 0);
    for (size_t row = 0; row < matrix.size() / kColumns; ++row) {
        double* raw = want.data() + row * trees.raw_count;
        auto rounded = [&](double value) {
            return trees.is_float32 ? static_cast<double>(static_cast<float>(value)) : value;
        };
        for (size_t i = 0; i < trees.trees.size(); ++i) {
            double& sum = raw[i % trees.raw_count];
            sum = rounded(sum + leaf_of(trees, trees.trees[i], matrix.data() + row * kColumns));
        }
        for (size_t k = 0; trees.is_average && !trees.trees.empty() && k < trees.raw_count; ++k)
            raw[k] = rounded(raw[k] / static_cast<double>(trees.trees.size() / trees.raw_count));
    }
    return want;
}

void check(const BoundModel& model, const std::vector<double>& matrix,
           const std::vector<double>& want) {
    size_t row_count = matrix.size() / kColumns;
    ModelScratch scratch = make_model_scratch(model);
    std::vector<double> raw(want.size(), 99);
    model.score(model.prepared.get(), matrix.data(), row_count, raw.data(), scratch.get());
    for (size_t i = 0; i < want.size(); ++i)
        ASSERT_EQ(raw[i], want[i]) << model.kernel << ", score " << i << " of " << row_count;
}

// All kernels, and the choice among them, against the rules written above.
void check_all(const Trees& trees, size_t row_count, std::mt19937& random) {
    std::vector<double> matrix = hostile_matrix(random, row_count);
    std::vector<double> want = want_raw(trees, matrix);
    auto kind = Registry<ModelKind>::of_kind().find("trees");
    ASSERT_TRUE(kind.ok());
    auto chosen = (*kind)->bind(pack(trees).learned, kColumns);
    ASSERT_TRUE(chosen.ok()) << chosen.status().text();
    check(*chosen, matrix, want);
    for (const std::string& name : tree_kernels(trees, kColumns)) {
        BoundModel model = bind_kernel(trees, kColumns, name);
        EXPECT_EQ(model.kernel, name);
        check(model, matrix, want);
    }
}

TEST(Trees, equal_lightgbm_s_rules_on_hostile_rows) {
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
        Trees trees;
        trees.raw_count = round % 3 == 0 ? 3 : 1;
        trees.is_average = round % 5 == 0;
        for (int i = 0; i < 10; ++i) trees.categories.push_back(static_cast<uint32_t>(random()));
        size_t count = trees.raw_count * (random() % 9);
        for (size_t i = 0; i < count; ++i)
            trees.trees.push_back(random_tree(random, 1 + random() % 40, round % 2 == 0, 10));
        for (size_t row_count : {1u, 9u, 64u, 65u, 300u}) check_all(trees, row_count, random);
        trees.is_float32 = true;
        for (auto& tree : trees.trees)
            for (double& leaf : tree.leaves) leaf = static_cast<double>(static_cast<float>(leaf));
        for (size_t row_count : {1u, 9u, 65u, 300u}) check_all(trees, row_count, random);
    }
}

// Some trees of the model with linear leaves, others without.
Trees linear_trees(std::mt19937& random) {
    std::normal_distribution<double> normal;
    Trees trees;
    trees.categories = {1, 2, 3, 4};
    for (int i = 0; i < 12; ++i) {
        Trees::Tree tree = random_tree(random, 1 + random() % 20, false, 4);
        for (size_t leaf = 0; i % 3 != 0 && leaf < tree.leaves.size(); ++leaf) {
            Trees::LinearLeaf linear{.constant = normal(random)};
            for (size_t t = random() % 4; t-- > 0;)
                linear.terms.push_back(
                    {static_cast<uint32_t>(random() % kColumns), normal(random)});
            tree.linear.push_back(linear);
        }
        trees.trees.push_back(tree);
    }
    return trees;
}

TEST(Trees, with_linear_leaves_equal_lightgbm_s_rules) {
    std::mt19937 random(7);
    Trees trees = linear_trees(random);
    EXPECT_EQ(tree_kernels(trees, kColumns), std::vector<std::string>{"lockstep"});
    EXPECT_EQ(bind_fastest(trees, kColumns).explain, nullptr);
    // Rows without infinities, whose sums may be NaN.
    std::normal_distribution<double> normal;
    for (size_t row_count : {1u, 9u, 300u}) {
        std::vector<double> matrix(row_count * kColumns);
        for (double& value : matrix) value = random() % 8 == 0 ? std::nan("") : normal(random);
        auto again = unpack_trees(pack(trees).learned, kColumns);
        ASSERT_TRUE(again.ok()) << again.status().text();
        check(bind_fastest(*again, kColumns), matrix, want_raw(trees, matrix));
    }
}

TEST(Trees, refuse_linear_leaves_and_backgrounds_that_do_not_fit) {
    std::mt19937 random(8);
    Trees trees = linear_trees(random);
    for (Trees::Tree& tree : trees.trees) tree.covers.assign(tree.leaves.size(), 1);
    trees.background.assign(3 * kColumns, std::nan(""));
    const Buffers whole = pack(trees).learned;
    ASSERT_TRUE(unpack_trees(whole, kColumns).ok());
    auto refused = [&](const char* name, auto change) {
        Buffers learned = whole;
        std::visit([&](auto& values) { change(values); }, learned.at(name));
        EXPECT_EQ(unpack_trees(learned, kColumns).status().code(), Code::corrupt) << name;
    };
    using Doubles = std::vector<double>;
    for (const char* name : {"leaf_constant", "leaf_terms", "term_column", "term_weight"}) {
        refused(name, [](auto& values) { values.pop_back(); });
        Buffers learned = whole;
        learned.erase(name);
        // Without the first of them, the others are left over.
        EXPECT_EQ(unpack_trees(learned, kColumns).ok(), std::string_view(name) == "leaf_constant");
    }
    refused("background", [](auto& values) { values.pop_back(); });
    refused("background", [](auto& values) { values.clear(); });
    refused("background", [](auto& values) { values.resize(1001 * kColumns); });
    auto spoil = [&](auto& values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Doubles>)
            values.back() = INFINITY;
        else if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<uint32_t>>)
            values.back() = UINT32_MAX;
    };
    for (const char* name : {"leaf_constant", "leaf_terms", "term_column", "term_weight"})
        refused(name, spoil);
}

// 31 leaves fit five bits of a leaf's number, 64 six, 200 eight, 1024 ten; 1025 are walked.
TEST(Trees, of_every_size_score_the_same_with_every_kernel) {
    std::mt19937 random(5);
    for (size_t leaf_count : {2u, 31u, 64u, 65u, 128u, 200u, 256u, 257u, 1024u, 1025u}) {
        Trees trees;
        for (int i = 0; i < 10; ++i) trees.categories.push_back(static_cast<uint32_t>(random()));
        for (int i = 0; i < 20; ++i)
            trees.trees.push_back(random_tree(random, leaf_count, i % 2 == 0, 10));
        EXPECT_EQ(tree_kernels(trees, kColumns).size() == 1, leaf_count > 1024);
        check_all(trees, 700, random);
    }
}

TEST(Trees, in_a_chain_score_the_same_with_every_kernel) {
    std::mt19937 random(6);
    std::normal_distribution<double> normal;
    Trees trees;
    for (int left = 0; left < 2; ++left) {
        Trees::Tree tree;
        for (int i = 0; i < 200; ++i) {
            int leaf = ~i, next = i == 199 ? ~200 : i + 1;
            Trees::Node node{.column = static_cast<uint32_t>(i % 6), .threshold = normal(random)};
            node.left = left ? next : leaf;
            node.right = left ? leaf : next;
            tree.nodes.push_back(node);
        }
        for (int i = 0; i <= 200; ++i) tree.leaves.push_back(normal(random));
        trees.trees.push_back(tree);
    }
    check_all(trees, 600, random);
}

// A file may hold it; kernels that recurse or lay out whole trees must pass it by.
TEST(Trees, in_a_chain_of_100_000_are_walked) {
    Trees trees;
    trees.trees.resize(1);
    Trees::Tree& tree = trees.trees[0];
    constexpr int kLength = 100'000;
    for (int i = 0; i < kLength; ++i)
        tree.nodes.push_back(
            {.threshold = -i - 1.0, .left = i + 1 < kLength ? i + 1 : ~kLength, .right = ~i});
    tree.leaves.assign(kLength + 1, 0);
    tree.leaves[kLength] = 7;
    tree.covers.assign(kLength + 1, 1);
    BoundModel model = bind_fastest(trees, kColumns);
    EXPECT_EQ(model.kernel, "lockstep");
    EXPECT_EQ(model.explain, nullptr);
    check(model, std::vector<double>(kColumns, -1e6), {7});
}

TEST(Trees, packed_and_unpacked_are_the_same) {
    std::mt19937 random(4);
    Trees trees;
    trees.categories = {1, 2, 3, 4};
    for (int i = 0; i < 5; ++i) trees.trees.push_back(random_tree(random, 20, false, 4));
    FittedModel model = pack(trees);
    auto again = unpack_trees(model.learned, kColumns);
    ASSERT_TRUE(again.ok()) << again.status().text();
    EXPECT_TRUE(pack(*again) == model);
}

}  // namespace
}  // namespace quern::score
