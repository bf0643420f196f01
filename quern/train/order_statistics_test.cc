#include "quern/train/order_statistics.h"

#include <gtest/gtest.h>

namespace quern::train {
namespace {

TEST(OrderStatistics, MomentsOfConstantsHaveNoSpread) {
    EXPECT_EQ(moments_of(std::vector<double>(7, 0.1)).deviation, 0);
    EXPECT_EQ(moments_of({}).mean, 0);
    EXPECT_EQ(moments_of(std::vector<double>{1, 3}).deviation, 1);
}

TEST(OrderStatistics, QuantilesLieBetweenTheValues) {
    const std::vector<double> sorted = {1, 2, 4, 8};
    EXPECT_EQ(quantile_of(sorted, 0), 1);
    EXPECT_EQ(quantile_of(sorted, 0.5), 3);
    EXPECT_EQ(quantile_of(sorted, 1), 8);
}

TEST(OrderStatistics, TheSmallestOfEquallyFrequentIsTheMode) {
    EXPECT_EQ(mode_of({3, 1, 3, 1, 2}), 1);
    EXPECT_EQ(mode_of({}), 0);
}

}  // namespace
}  // namespace quern::train
