#include "quern/serve/metrics.h"

#include <gtest/gtest.h>

#include "quern/serve/models.h"

namespace quern::serve {
namespace {

TEST(MetricsTest, adds_threads_up) {
    Metrics metrics;
    MetricsShard& first = metrics.add_shard();
    MetricsShard& second = metrics.add_shard();
    first.add_request(nullptr, 404);
    second.add_request(nullptr, 404);
    second.add_request(nullptr, 200);
    const std::string text = metrics.text({});
    EXPECT_NE(text.find("quern_http_requests_total{route=\"none\",status=\"404\"} 2\n"),
              std::string::npos);
    EXPECT_NE(text.find("# TYPE quern_inference_duration_seconds histogram\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\n"));
}

TEST(MetricsTest, a_histogram_counts_each_value_in_one_bucket) {
    Histogram histogram;
    for (const double value : {0.0, 25e-6, 26e-6, 3.0}) histogram.add(value);
    EXPECT_EQ(histogram.counts[0], 2u) << "bounds belong to their bucket";
    EXPECT_EQ(histogram.counts[1], 1u);
    EXPECT_EQ(histogram.counts.back(), 1u);
    Histogram sum = histogram;
    sum.add(histogram);
    EXPECT_EQ(sum.counts[0], 4u);
    EXPECT_DOUBLE_EQ(sum.sum, 2 * histogram.sum);
}

}  // namespace
}  // namespace quern::serve
