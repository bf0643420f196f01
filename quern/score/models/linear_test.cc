#include "quern/score/models/linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/model.h"

namespace quern::score {
namespace {

Result<BoundModel> bind(const FittedModel& model, size_t column_count) {
    auto kind = Registry<ModelKind>::of_kind().find(model.kind);
    EXPECT_TRUE(kind.ok());
    return (*kind)->bind(model.learned, column_count);
}

TEST(Linear, adds_up_in_order) {
    auto model = bind(pack(Linear{{1, 2, 3, -1, 0, 0.5}, {10, 20}}), 3);
    ASSERT_TRUE(model.ok());
    std::vector<double> matrix{1, 1, 1, 0, 2, 4}, raw(4);
    model->score(model->prepared.get(), matrix.data(), 2, raw.data(), nullptr);
    EXPECT_EQ(raw, (std::vector<double>{16, 19.5, 26, 22}));
}

TEST(Linear, rounds_every_sum_of_floats) {
    const auto model = bind(pack(Linear{{1, 0.5}, {1}, {}, true}), 2);
    ASSERT_TRUE(model.ok());
    const std::vector<double> matrix{16777216, 2, 0.1, 0};
    std::vector<double> raw(2);
    model->score(model->prepared.get(), matrix.data(), 2, raw.data(), nullptr);
    EXPECT_EQ(raw, (std::vector<double>{16777216 + 1 - 1 + 0, static_cast<double>(1 + 0.1f)}));
    EXPECT_FALSE(bind(pack(Linear{{0.1}, {1}, {}, true}), 1).ok());
    EXPECT_FALSE(bind(pack(Linear{{1}, {0.1}, {}, true}), 1).ok());
}

// shap.LinearExplainer(({1, 2}, 10), background with means {3, 5}).
TEST(Linear, tells_how_far_each_column_is_from_its_mean) {
    auto model = bind(pack(Linear{{1, 2, 0.5, -1}, {10, 20}, {3, 5}}), 2);
    ASSERT_TRUE(model.ok());
    ASSERT_NE(model->explain, nullptr);
    std::vector<double> row{4, 1}, contributions(4), raw(2);
    model->explain(model->prepared.get(), row.data(), contributions.data(), nullptr);
    EXPECT_EQ(contributions, (std::vector<double>{1, -8, 0.5, 4}));
    EXPECT_EQ(model->expected, (std::vector<double>{23, 16.5}));
    model->score(model->prepared.get(), row.data(), 1, raw.data(), nullptr);
    EXPECT_EQ(raw, (std::vector<double>{23 + 1 - 8, 16.5 + 0.5 + 4}));
    EXPECT_EQ(bind(pack(Linear{{1, 2}, {0}}), 2)->explain, nullptr) << "no means, no answer";
    EXPECT_FALSE(bind(pack(Linear{{1, 2}, {0}, {1}}), 2).ok());
}

TEST(Linear, refuses_weights_that_do_not_fit) {
    EXPECT_FALSE(bind(pack(Linear{{1, 2}, {0}}), 3).ok());
    EXPECT_FALSE(bind(pack(Linear{{}, {}}), 0).ok());
    EXPECT_FALSE(bind(pack(Linear{{NAN}, {0}}), 1).ok());
}

TEST(ConstantModel, says_the_same_of_every_row) {
    auto model = bind(pack(ConstantModel{{1, 2}}), 0);
    ASSERT_TRUE(model.ok());
    std::vector<double> raw(4);
    model->score(model->prepared.get(), nullptr, 2, raw.data(), nullptr);
    EXPECT_EQ(raw, (std::vector<double>{1, 2, 1, 2}));
    EXPECT_FALSE(bind(pack(ConstantModel{}), 0).ok());
}

TEST(ModelKind, all_are_documented) {
    for (const ModelKind& kind : Registry<ModelKind>::of_kind().all()) {
        EXPECT_FALSE(kind.summary.empty()) << kind.name;
        EXPECT_FALSE(kind.describe({}).empty()) << kind.name;
        EXPECT_FALSE(kind.bind({{"nobody reads this", std::vector<double>{}}}, 1).ok());
    }
}

}  // namespace
}  // namespace quern::score
