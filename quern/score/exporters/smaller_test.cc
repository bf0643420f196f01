#include "quern/score/exporters/smaller.h"

#include <gtest/gtest.h>

#include "quern/score/exporter.h"
#include "quern/score/models/linear.h"
#include "quern/score/models/trees.h"
#include "quern/score/sample_program.h"

namespace quern::score {
namespace {

// income <= 100 -> income <= 50 -> 1.0 | 1.01, else 3
Program with_near_leaves() {
    Program program = sample_program();
    Trees trees;
    trees.trees.resize(1);
    trees.trees[0].nodes = {{.column = 0, .threshold = 100.1, .left = 1, .right = -3},
                            {.column = 0, .threshold = 50, .left = -1, .right = -2}};
    trees.trees[0].leaves = {1.0, 1.01, 3};
    trees.trees[0].covers = {30, 10, 5};
    program.model = pack(trees);
    return program;
}

Trees trees_of(const Program& program) { return *unpack_trees(program.model.learned, 3); }

TEST(Smaller, joins_branches_whose_leaves_are_near) {
    const auto pruned = make_smaller(with_near_leaves(), {.prune = 0.01});
    ASSERT_TRUE(pruned.ok()) << pruned.status().text();
    const Trees::Tree tree = trees_of(*pruned).trees[0];
    ASSERT_EQ(tree.nodes.size(), 1u);
    EXPECT_NEAR(tree.leaves[static_cast<size_t>(~tree.nodes[0].left)], 1.0025, 1e-15);
    EXPECT_EQ(tree.leaves[static_cast<size_t>(~tree.nodes[0].right)], 3);
    EXPECT_EQ(tree.covers, (std::vector<double>{40, 5}));
    EXPECT_EQ(trees_of(*make_smaller(with_near_leaves(), {.prune = 0.001})).trees[0].nodes.size(),
              2u);
}

TEST(Smaller, counts_leaves_in_steps_of_16_bits) {
    const auto quantized = make_smaller(with_near_leaves(), {.quantizes = true});
    ASSERT_TRUE(quantized.ok()) << quantized.status().text();
    const Trees::Tree tree = trees_of(*quantized).trees[0];
    EXPECT_GT(step_of(tree.leaves), 0);
    EXPECT_NEAR(tree.leaves[1], 1.01, 1e-4);
    EXPECT_EQ(tree.nodes[0].threshold, static_cast<double>(100.1F));
    EXPECT_EQ(step_of({1.01, 3}), 0);
}

TEST(Smaller, is_for_trees) {
    Program program = sample_program();
    program.model = pack(Linear{{1, 2, 3}, {0}});
    EXPECT_EQ(make_smaller(program, {.quantizes = true}).status().code(),
              Code::failed_precondition);
    EXPECT_TRUE(make_smaller(program, {}).ok());
}

// A chain of splits, as a hostile file may hold.
TEST(Smaller, takes_trees_of_any_depth_and_sql_refuses_them) {
    constexpr int32_t kDepth = 20'000;
    Program program = sample_program();
    Trees trees;
    trees.trees.resize(1);
    for (int32_t i = 0; i < kDepth; ++i) {
        const int32_t next = i + 1 < kDepth ? i + 1 : ~kDepth;
        trees.trees[0].nodes.push_back(
            {.column = 0, .threshold = i / 7.0, .left = ~i, .right = next});
        trees.trees[0].leaves.push_back(i);
    }
    trees.trees[0].leaves.push_back(-1);
    program.model = pack(trees);
    const auto smaller = make_smaller(program, {.quantizes = true, .prune = 3});
    ASSERT_TRUE(smaller.ok()) << smaller.status().text();
    const auto scorer = Scorer::build(*smaller);
    EXPECT_TRUE((*find_exporter("c", ""))->write(*scorer, {.file = "m.c", .dialect = ""}).ok());
    const auto refused = (*find_exporter("sql", ""))->write(*scorer, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.status().text().find("levels"), std::string::npos);
}

}  // namespace
}  // namespace quern::score
