// Reference values: scikit-learn 1.9, silhouette_score and davies_bouldin_score.
#include "quern/train/cluster_quality.h"

#include <gtest/gtest.h>

#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

double value_of(const std::vector<evaluate::Estimate>& estimates, std::string_view name) {
    for (const auto& estimate : estimates)
        if (estimate.metric == name) return estimate.value;
    return -1;
}

TEST(ClusterQuality, EqualsScikitLearn) {
    const std::vector<double> centers = {7.0 / 6, 5.0 / 6, 11.1, 4.0 / 3, 10.3, 9 + 1.0 / 12};
    const std::vector<int32_t> found = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0};
    const auto good = cluster_quality(heaps(), found, centers, 2);
    EXPECT_NEAR(value_of(good, "silhouette"), 0.879856290498241, 1e-12);
    EXPECT_NEAR(value_of(good, "davies_bouldin"), 0.1459393819004818, 1e-12);
    EXPECT_NEAR(value_of(good, "mean_squared_distance"), 13.372222222222222 / 20, 1e-12);
    // A cluster of one row, and clusters that mean nothing.
    std::vector<int32_t> poor(20, 1);
    std::fill_n(poor.begin(), 7, 0);
    poor.back() = 2;
    const auto bad = cluster_quality(heaps(), poor, centers, 2);
    EXPECT_NEAR(value_of(bad, "silhouette"), -0.4400662344625399, 1e-12);
    EXPECT_NEAR(value_of(bad, "davies_bouldin"), 3.191379249530495, 1e-8);
}

TEST(ClusterQuality, OfOneClusterIsItsSpreadAlone) {
    const std::vector<double> centers = {0, 0, 5, 5};
    const auto one = cluster_quality(heaps(), std::vector<int32_t>(20, 0), centers, 2);
    ASSERT_EQ(one.size(), 1u);
    EXPECT_EQ(one[0].metric, "mean_squared_distance");
}

}  // namespace
}  // namespace quern::train
