#include "quern/score/models/centers.h"

#include <gtest/gtest.h>

#include "quern/score/model.h"

namespace quern::score {
namespace {

Result<BoundModel> bind(const Centers& centers, size_t column_count) {
    return Registry<ModelKind>::of_kind().find("centers").value()->bind(pack(centers).learned,
                                                                        column_count);
}

TEST(Centers, say_how_near_a_row_is) {
    Centers many{.centers = {}, .variance = 0.5};
    for (int k = 0; k < 20; ++k) many.centers.insert(many.centers.end(), {1.0 * k, -1.0 * k});
    const auto model = bind(many, 2);
    ASSERT_TRUE(model.ok());
    const std::vector<double> matrix{0, 0, 3, -4};
    std::vector<double> raw(40);
    model->score(model->prepared.get(), matrix.data(), 2, raw.data(), nullptr);
    for (int k = 0; k < 20; ++k) {
        EXPECT_EQ(raw[k], -2.0 * k * k);
        EXPECT_EQ(raw[20 + k], -1.0 * ((k - 3) * (k - 3) + (k - 4) * (k - 4)));
    }
}

TEST(Centers, refuse_what_does_not_fit) {
    EXPECT_FALSE(bind({.centers = {1, 2, 3}}, 2).ok());
    EXPECT_FALSE(bind({.centers = {}}, 2).ok());
    EXPECT_FALSE(bind({.centers = {1, 2}}, 0).ok());
    for (const double variance : {0.0, -1.0, 1e-320, 1e301})
        EXPECT_FALSE(bind({.centers = {1, 2}, .variance = variance}, 2).ok()) << variance;
}

}  // namespace
}  // namespace quern::score
