#include "quern/train/background.h"

#include <gtest/gtest.h>

#include <cstring>

#include "quern/score/models/trees.h"
#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

std::vector<double> background_of(const score::FittedModel& model, const Sample& sample) {
    return score::unpack_trees(model.learned, sample.columns.size()).value().background;
}

Fitted gbdt(const FitInput& input) { return fit(*find_learner("gbdt").value(), input).value(); }

TEST(Background, HoldsRowsOfTheLessonInTheirOrder) {
    const Sample sample = mixed_sample(Task::regress, 0, 200, false);
    const FitInput input = sample.input(settings_of("{num_iterations: 3}"));
    const size_t width = sample.columns.size();
    auto check = [&](int64_t asked, size_t want) {
        auto model = gbdt(input).model;
        const project::Explain explain{.kind = "interventional", .background = asked, .place = {}};
        ASSERT_TRUE(keep_background(explain, input, model).ok());
        const auto kept = background_of(model, sample);
        ASSERT_EQ(kept.size(), want * width);
        size_t row = 0;
        for (size_t i = 0; i < want; ++i, ++row)
            while (row < 200 && std::memcmp(input.lesson.matrix.row(row), &kept[i * width],
                                            width * sizeof(double)) != 0)
                ++row;
        EXPECT_LE(row, 200u);
    };
    check(20, 20);
    check(1, 1);
    check(1000, 200);
}

TEST(Background, IsKeptOnlyWhereItIsAskedForAndCanBeUsed) {
    const Sample sample = mixed_sample(Task::regress, 0, 200, false);
    const project::Explain beside{.kind = "interventional", .place = {}};
    FitInput input = sample.input(settings_of("{num_iterations: 3}"));
    auto model = gbdt(input).model;
    ASSERT_TRUE(keep_background({}, input, model).ok());
    EXPECT_TRUE(background_of(model, sample).empty());
    input.settings = settings_of("{num_iterations: 3, linear_tree: true}");
    model = gbdt(input).model;
    EXPECT_EQ(keep_background(beside, input, model).code(), Code::invalid_argument);
    model.kind = "nearest";
    EXPECT_EQ(keep_background(beside, input, model).code(), Code::invalid_argument);
    model = {"constant", {{"raw", std::vector<double>{1}}}};
    EXPECT_TRUE(keep_background(beside, input, model).ok());
}

}  // namespace
}  // namespace quern::train
