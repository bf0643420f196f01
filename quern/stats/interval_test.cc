#include "quern/stats/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "quern/stats/distributions.h"
#include "quern/stats/random.h"

namespace quern::stats {
namespace {

constexpr double kClose = 1e-12;

void check_interval(Interval got, double low, double high) {
    EXPECT_NEAR(got.low, low, kClose);
    EXPECT_NEAR(got.high, high, kClose);
}

// Reference values of this file: scipy 1.17.
TEST(Distributions, EqualScipy) {
    EXPECT_NEAR(normal_cdf(1.25), 0.8943502263331446, kClose);
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, kClose);
    EXPECT_NEAR(normal_quantile(0.001), -3.090232306167813, kClose);
    EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262157162798205, kClose);
    EXPECT_NEAR(beta_quantile(0.025, 8, 3), 0.4439045376923585, kClose);
}

TEST(ProportionInterval, WilsonEqualsScipy) {
    check_interval(wilson_interval(81, 263, 0.95), 0.2552885198782742, 0.36620957698280004);
    check_interval(wilson_interval(0, 10, 0.95), 0, 0.27753279986288926);
    check_interval(wilson_interval(10, 10, 0.99), 0.6011459066950919, 1);
}

TEST(ProportionInterval, ClopperPearsonEqualsScipy) {
    check_interval(clopper_pearson_interval(81, 263, 0.95), 0.25273674558504267,
                   0.36762192260134746);
    check_interval(clopper_pearson_interval(0, 10, 0.95), 0, 0.30849710781876294);
    check_interval(clopper_pearson_interval(10, 10, 0.99), 0.5887040186524746, 1);
}

TEST(WeightedMean, StandardErrorIsTheTextbooksWithoutWeights) {
    const std::vector<double> values = {2, 4, 4, 5, 9};
    const Mean mean = weighted_mean(values, {});
    EXPECT_NEAR(mean.value, 4.8, kClose);
    EXPECT_NEAR(mean.standard_error, 1.1575836902790224, kClose);
}

TEST(WeightedMean, RowsOfWeightZeroCountAsAbsent) {
    const Mean with = weighted_mean(std::vector<double>{2, 4, 4, 5, 9, 1000},
                                    std::vector<double>{3, 3, 3, 3, 3, 0});
    EXPECT_NEAR(with.value, 4.8, kClose);
    EXPECT_NEAR(with.standard_error, 1.1575836902790224, kClose);
}

TEST(WeightedMean, OneRowHasNoError) {
    EXPECT_TRUE(std::isnan(weighted_mean(std::vector<double>{7}, {}).standard_error));
}

TEST(PercentileInterval, InterpolatesAsNumpyDoes) {
    const double nan = std::nan("");
    check_interval(percentile_interval(std::vector<double>{5, nan, 1, 4, 2, 8}, 0.9), 1.2, 7.4);
    EXPECT_TRUE(std::isnan(percentile_interval(std::vector<double>{nan}, 0.9).low));
}

TEST(Random, IsTheSameEverywhereAndFair) {
    Random random(1), again(1), other(2);
    int below_half = 0;
    bool differs = false;
    for (int i = 0; i < 10'000; ++i) {
        const uint64_t number = random();
        EXPECT_EQ(number, again());
        differs |= number != other();
        below_half += Random(static_cast<uint64_t>(i)).below(10) < 5;
    }
    EXPECT_TRUE(differs);
    EXPECT_NEAR(below_half, 5000, 250);  // five standard deviations
}

}  // namespace
}  // namespace quern::stats
