#include "quern/score/models/stack.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/model.h"
#include "quern/score/models/linear.h"
#include "quern/score/models/nearest.h"
#include "quern/score/models/trees.h"

namespace quern::score {
namespace {

Result<BoundModel> bind(const Stack& stack) {
    return Registry<ModelKind>::of_kind().find("stack").value()->bind(pack(stack).learned, 2);
}

std::vector<double> score(const BoundModel& model, const std::vector<double>& matrix) {
    std::vector<double> raw(matrix.size() / 2 * model.raw_count);
    const auto scratch = make_model_scratch(model);
    model.score(model.prepared.get(), matrix.data(), matrix.size() / 2, raw.data(), scratch.get());
    return raw;
}

FittedModel stump() {
    Trees trees;
    trees.trees.push_back({.nodes = {{.column = 0, .threshold = 0.5, .left = ~0, .right = ~1}},
                           .leaves = {-1, 3},
                           .covers = {30, 10}});
    return pack(trees);
}

TEST(Stack, scores_members_and_then_the_final_model) {
    const auto model = bind({.members = {{stump()}, {pack(Linear{{2, 1}, {10}})}},
                             .final = pack(Linear{{0.5, 3, 1, 0}, {100, 0}})});
    ASSERT_TRUE(model.ok()) << model.status().text();
    EXPECT_EQ(score(*model, {0, 7, 1, 7}),
              (std::vector<double>{100 - 0.5 + 3 * 17, -1, 100 + 1.5 + 3 * 19, 3}));
}

TEST(Stack, a_blend_is_a_mean_of_probabilities) {
    const auto model = bind({.members = {{pack(Linear{{1, 0}, {0}}), Link::sigmoid, 2},
                                         {pack(ConstantModel{{0.25, 0.75}})}},
                             .final = pack(Linear{{.6, 0, .4, 0, 0, .6, 0, .4}, {0, 0}})});
    ASSERT_TRUE(model.ok()) << model.status().text();
    const auto raw = score(*model, {1, 0});
    EXPECT_NEAR(raw[1], 0.6 / (1 + std::exp(-2)) + 0.4 * 0.75, 1e-15);
    EXPECT_NEAR(raw[0] + raw[1], 1, 1e-15);
    EXPECT_EQ(model->explain, nullptr) << "probabilities do not add up by column";
}

TEST(Stack, contributions_are_those_of_its_members_weighted) {
    const auto model = bind({.members = {{stump()}, {pack(Linear{{2, 1}, {10}, {1, 1}})}},
                             .final = pack(Linear{{0.5, 3}, {100}, {0, 0}})});
    ASSERT_TRUE(model.ok());
    ASSERT_NE(model->explain, nullptr);
    EXPECT_EQ(model->expected, (std::vector<double>{100 + 0.5 * 0 + 3 * 13}));
    const std::vector<double> row{4, 2};
    std::vector<double> told(2);
    const auto scratch = make_model_scratch(*model);
    model->explain(model->prepared.get(), row.data(), told.data(), scratch.get());
    EXPECT_NEAR(told[0], 0.5 * 3 + 3 * 2 * 3, 1e-12);
    EXPECT_NEAR(told[1], 3 * 1, 1e-12);
    EXPECT_NEAR(model->expected[0] + told[0] + told[1], score(*model, row)[0], 1e-12);
}

TEST(Stack, without_the_members_contributions_has_none) {
    const Nearest nearest{.points = {0, 0}, .targets = {1}, .neighbors = 1};
    EXPECT_EQ(bind({.members = {{pack(nearest)}}, .final = pack(Linear{{1}, {0}})})->explain,
              nullptr);
    EXPECT_EQ(bind({.members = {{stump()}}, .final = pack(ConstantModel{{0}})})->explain, nullptr);
}

TEST(Stack, refuses_what_does_not_fit_together) {
    const FittedModel line = pack(Linear{{2, 1}, {10}}), one = pack(Linear{{1}, {0}});
    EXPECT_TRUE(bind({.members = {{line}}, .final = one}).ok());
    EXPECT_FALSE(bind({.members = {}, .final = one}).ok());
    EXPECT_FALSE(bind({.members = {{line}}, .final = line}).ok());
    EXPECT_FALSE(bind({.members = {{one}}, .final = one}).ok());
    EXPECT_FALSE(bind({.members = {{line, Link::sigmoid}}, .final = one}).ok());
    EXPECT_FALSE(bind({.members = {{line, static_cast<Link>(9)}}, .final = one}).ok());
    const Stack inner{.members = {{line}}, .final = one};
    EXPECT_FALSE(bind({.members = {{pack(inner)}}, .final = one}).ok());
    EXPECT_FALSE(bind({.members = {{line}}, .final = pack(inner)}).ok());
    EXPECT_FALSE(
        bind({.members = {{pack(ConstantModel{std::vector<double>(70'000)})}}, .final = one}).ok());
}

}  // namespace
}  // namespace quern::score
