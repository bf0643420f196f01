// Covers k_means.cc, train/cluster.cc and the stage distances.cc. Literals: scikit-learn 1.9,
// KMeans.
#include <gtest/gtest.h>

#include <numeric>

#include "quern/train/cluster.h"
#include "quern/train/sample_for_test.h"
#include "quern/train/transform_for_test.h"

namespace quern::train {
namespace {

frame::Column column_of(size_t index) {
    std::vector<double> values;
    for (size_t i = index; i < 40; i += 2) values.push_back(heaps()[i]);
    return numbers(values);
}

TEST(Clusters, EqualScikitLearn) {
    const auto found = find_clusters(heaps(), 2, {.clusters = 3}).value();
    EXPECT_NEAR(found.inertia, 13.372222222222222, 1e-12);
    const std::vector<double> want = {7.0 / 6, 5.0 / 6, 11.1, 4.0 / 3, 10.3, 9 + 1.0 / 12};
    for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(found.centers[i], want[i], 1e-12);
    EXPECT_EQ(found.of_row,
              (std::vector<uint32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Clusters, OfAnyNumberHoldEachRowAtItsNearestCenter) {
    const auto values = heaps();
    double last = INFINITY;
    for (const size_t clusters : {1u, 2u, 5u, 17u, 20u}) {
        const auto found = find_clusters(values, 2, {.clusters = clusters, .starts = 10}).value();
        EXPECT_LT(found.inertia, last);
        last = found.inertia;
        double inertia = 0;
        for (size_t i = 0; i < 20; ++i) {
            std::vector<double> squares;
            for (size_t k = 0; k < clusters; ++k)
                squares.push_back(std::pow(values[2 * i] - found.centers[2 * k], 2) +
                                  std::pow(values[2 * i + 1] - found.centers[2 * k + 1], 2));
            inertia += *std::ranges::min_element(squares);
            EXPECT_NEAR(squares[found.of_row[i]], *std::ranges::min_element(squares), 1e-12);
        }
        EXPECT_NEAR(found.inertia, inertia, 1e-9);
    }
    EXPECT_NEAR(last, 0, 1e-12);
}

TEST(Clusters, OfEqualRowsAreThatRow) {
    const std::vector<double> same(30, 7);
    const auto found = find_clusters(same, 3, {.clusters = 4}).value();
    EXPECT_EQ(found.centers, std::vector<double>(12, 7));
    EXPECT_EQ(found.inertia, 0);
}

TEST(Transforms, KMeans) {
    TransformCase one{.name = "k_means", .settings = "clusters: 3"};
    one.lesson.push_back(column_of(0));
    one.lesson.push_back(column_of(1));
    one.rows.push_back(numbers({5, 9.5, std::nan("")}));
    one.rows.push_back(numbers({4, 1, 3}));
    const double nan = std::nan("");
    check_transform(one, {4.9721446300588, 6.6574102405598, 7.3437236997165, 8.3349998333667,
                          1.6343534229508, 8.1228244950742, nan, nan, nan});
    one.settings = "{clusters: 3, gives: nearest}";
    check_transform(one, {1, 0, 0, 0, 1, 0, nan, nan, nan});
    EXPECT_EQ(transform(one).columns, (std::vector<std::string>{"t 1", "t 2", "t 3"}));
    one.settings = "clusters: 21";
    const auto refused = transform(one);
    EXPECT_NE(refused.status.text().find("at most the 20 rows"), std::string::npos)
        << refused.status.text();
}

}  // namespace
}  // namespace quern::train
