#include "quern/score/importers/tree_nodes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace quern::score {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Floats of every size, and doubles at and beside the places where rounding turns.
TEST(FloatThresholds, answer_as_comparisons_of_floats_do) {
    std::mt19937 random(1);
    std::vector<float> limits = {0.0f,    -0.0f,  1.0f,     -1.0f,
                                 3.4e38f, 1e-45f, -1e-45f,  std::numeric_limits<float>::infinity(),
                                 1e-38f,  0.1f,   16777216, std::numeric_limits<float>::max()};
    while (limits.size() < 5000) {
        const auto limit = std::bit_cast<float>(static_cast<uint32_t>(random()));
        if (std::isfinite(limit)) limits.push_back(limit);
    }
    for (const float limit : limits) {
        const double to = largest_up_to(limit), below = largest_below(limit);
        for (const double edge : {to, below, static_cast<double>(limit)})
            for (const double x : {std::nextafter(edge, -kInfinity), edge,
                                   std::nextafter(edge, kInfinity), kInfinity, -kInfinity}) {
                EXPECT_EQ(static_cast<float>(x) <= limit, x <= to) << limit << " " << x;
                EXPECT_EQ(static_cast<float>(x) < limit, x <= below) << limit << " " << x;
            }
        const double between = static_cast<double>(limit) * 1.00000001;
        if (!std::isfinite(between)) continue;
        const double up_to = largest_float_up_to(between);
        for (const double x : {std::nextafter(up_to, kInfinity), up_to, between})
            EXPECT_EQ(static_cast<double>(static_cast<float>(x)) <= between, x <= up_to) << between;
    }
}

TEST(OrderTree, leaves_out_what_is_not_reached_and_refuses_what_is_twice) {
    std::vector<SourceNode> nodes(6);
    nodes[0].left = 4, nodes[0].right = 2;
    nodes[4].left = 1, nodes[4].right = 3;
    auto ordered = order_tree(nodes, 0);
    ASSERT_TRUE(ordered.ok());
    EXPECT_EQ(ordered->tree.nodes.size(), 2u);
    EXPECT_EQ(ordered->leaves, (std::vector<uint64_t>{2, 1, 3}));
    for (const uint64_t child : {0, 4, 2, 1, 9}) {
        nodes[4].right = child;
        EXPECT_FALSE(order_tree(nodes, 0).ok()) << child;
    }
    EXPECT_FALSE(order_tree(nodes, 6).ok());
}

}  // namespace
}  // namespace quern::score
