// Covers nearest.cc, nearest_tree.cc, lanes.cc and its kernels: lanes_plain.cc, lanes_avx2.cc,
// lanes_avx512.cc. Answers of scikit-learn stand in train/k_nearest_test.cc.
#include "quern/score/models/nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "quern/score/model.h"
#include "quern/score/models/nearest_tree.h"

namespace quern::score {
namespace {

// Every distance by hand, the rows sorted.
std::vector<Neighbor> nearest_of(const std::vector<double>& points, size_t column_count,
                                 const double* row, size_t count) {
    std::vector<Neighbor> all;
    for (uint32_t i = 0; i * column_count < points.size(); ++i) {
        double sum = 0;
        for (size_t c = 0; c < column_count; ++c) {
            const double off = points[i * column_count + c] - row[c];
            sum += off * off;
        }
        all.push_back({std::isnan(sum) ? INFINITY : sum, i});
    }
    std::ranges::sort(all, [](const Neighbor& a, const Neighbor& b) { return a < b; });
    all.resize(count);
    return all;
}

// Whole numbers make ties, of which the earlier row comes first.
std::vector<double> random_rows(std::mt19937& random, size_t count, bool are_whole) {
    std::normal_distribution<double> normal;
    std::vector<double> rows(count);
    for (double& value : rows)
        value = are_whole ? static_cast<double>(random() % 3) : normal(random);
    return rows;
}

TEST(NearestTree, finds_what_all_distances_say_with_every_kernel) {
    std::mt19937 random(1);
    for (const size_t column_count : {1u, 3u, 17u, 40u}) {
        for (const size_t row_count : {1u, 16u, 33u, 700u}) {
            for (const bool are_whole : {false, true}) {
                const auto points = random_rows(random, row_count * column_count, are_whole);
                auto rows = random_rows(random, 20 * column_count, are_whole);
                rows[0] = NAN;
                rows[column_count] = INFINITY;
                rows[2 * column_count] = -1e300;
                for (const LaneKernel* kernel : lane_kernels()) {
                    const NearestTree tree(points, row_count, column_count, kernel);
                    for (size_t i = 0; i < 20; ++i) {
                        const double* row = rows.data() + i * column_count;
                        const size_t count = std::min<size_t>(row_count, 1 + i);
                        std::vector<Neighbor> found(count);
                        tree.find(row, count, found.data());
                        const auto want = nearest_of(points, column_count, row, count);
                        for (size_t k = 0; k < count; ++k) {
                            ASSERT_EQ(found[k].square, want[k].square) << kernel->name;
                            ASSERT_EQ(found[k].row, want[k].row) << kernel->name << ", row " << i;
                        }
                    }
                }
            }
        }
    }
}

TEST(Lanes, every_kernel_gives_the_same_bits) {
    std::mt19937 random(2);
    const auto group = random_rows(random, 100 * kLaneCount, false);
    const auto row = random_rows(random, 100, false);
    std::vector<int8_t> small(group.size());
    for (auto& value : small) value = static_cast<int8_t>(random());
    double want[3][kLaneCount] = {};
    lane_kernels().back()->squared_distances(group.data(), row.data(), 100, INFINITY, want[0]);
    lane_kernels().back()->weighted_sums(group.data(), row.data(), 100, want[1]);
    lane_kernels().back()->weighted_sums_8(small.data(), row.data(), 100, want[2]);
    for (const LaneKernel* kernel : lane_kernels()) {
        double sums[3][kLaneCount] = {};
        kernel->squared_distances(group.data(), row.data(), 100, INFINITY, sums[0]);
        kernel->weighted_sums(group.data(), row.data(), 100, sums[1]);
        kernel->weighted_sums_8(small.data(), row.data(), 100, sums[2]);
        EXPECT_EQ(std::memcmp(sums, want, sizeof(sums)), 0) << kernel->name;
        EXPECT_FALSE(kernel->squared_distances(group.data(), row.data(), 100, 1, sums[0]));
    }
}

std::vector<double> score(const Nearest& nearest, size_t column_count,
                          const std::vector<double>& matrix) {
    const auto* kind = Registry<ModelKind>::of_kind().find("nearest").value();
    const auto model = kind->bind(pack(nearest).learned, column_count);
    EXPECT_TRUE(model.ok());
    std::vector<double> raw(matrix.size() / column_count * model->raw_count);
    const auto scratch = make_model_scratch(*model);
    model->score(model->prepared.get(), matrix.data(), matrix.size() / column_count, raw.data(),
                 scratch.get());
    return raw;
}

using Numbers = std::vector<double>;

TEST(Nearest, votes_and_means) {
    Nearest nearest{.points = {0, 1, 2, 10}, .targets = {0, 1, 1, 0}, .neighbors = 3};
    EXPECT_EQ(score(nearest, 1, {1, 9}), (Numbers{2.0 / 3, 2.0 / 3}));
    nearest.class_count = 2;
    EXPECT_EQ(score(nearest, 1, {1}), (Numbers{1.0 / 3, 2.0 / 3}));
    nearest.weights = {2, 1, 1, 1};
    EXPECT_EQ(score(nearest, 1, {1}), (Numbers{0.5, 0.5}));
}

TEST(Nearest, by_distance_a_row_met_exactly_speaks_alone) {
    Nearest nearest{
        .points = {0, 1, 3}, .targets = {8, 2, 5}, .neighbors = 3, .is_by_distance = true};
    EXPECT_EQ(score(nearest, 1, {1}), Numbers{2});
    EXPECT_EQ(score(nearest, 1, {2}), (Numbers{(8 * 0.5 + 2 + 5) / 2.5}));
    EXPECT_EQ(score(nearest, 1, {INFINITY, NAN}), (Numbers{5, 5})) << "all are equally far";
}

TEST(Nearest, of_equally_near_rows_takes_the_earlier) {
    const Nearest nearest{.points = {1, -1, 1, -1}, .targets = {1, 2, 3, 4}, .neighbors = 2};
    EXPECT_EQ(score(nearest, 1, {0}), Numbers{1.5});
}

}  // namespace
}  // namespace quern::score
