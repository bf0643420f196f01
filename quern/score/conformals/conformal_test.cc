// The quantile is MAPIE's: the ceil((n + 1) * coverage)-th smallest score.
#include "quern/score/conformal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace quern::score {
namespace {

using List = std::vector<double>;

const ConformalMethod& entry(std::string_view name) {
    return **Registry<ConformalMethod>::of_kind().find(name);
}

double quantile_of(const Result<FittedConformal>& fitted) {
    return std::get<List>(fitted->learned.at("quantile"))[0];
}

TEST(Conformal, quantile_is_the_next_rank_up) {
    List outputs(19, 0.0), targets;
    for (int i = 1; i <= 19; ++i) targets.push_back(i);
    const auto check = [&](double coverage, double want) {
        const auto fitted = fit_conformal(entry("split"), {1, outputs, targets}, coverage);
        ASSERT_TRUE(fitted.ok()) << fitted.status().text();
        EXPECT_EQ(quantile_of(fitted), want) << coverage;
    };
    check(0.5, 10);
    check(0.51, 11);
    check(0.9, 18);
    check(0.95, 19);
    const auto refused = fit_conformal(entry("split"), {1, outputs, targets}, 0.96);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.status().message().find("24 rows"), std::string::npos)
        << refused.status().message();
}

List region_of(std::string_view name, double quantile, const List& outputs) {
    List region(name == "split" ? 2 : outputs.size());
    entry(name).region(quantile, outputs.data(), outputs.size(), region.data());
    return region;
}

TEST(Conformal, regions_of_one_row) {
    EXPECT_EQ(region_of("split", 1.5, {10}), (List{8.5, 11.5}));
    EXPECT_EQ(region_of("lac", 0.75, {.5, .25, .125, .125}), (List{1, 1, 0, 0}));
    EXPECT_EQ(region_of("lac", 0.25, {.5, .25, .25}), (List{0, 0, 0}));
    EXPECT_EQ(region_of("aps", 0.75, {.125, .5, .25, .125}), (List{0, 1, 1, 0}));
    EXPECT_EQ(region_of("aps", 0.74, {.125, .5, .25, .125}), (List{0, 1, 0, 0}));
    EXPECT_EQ(region_of("aps", 0.1, {.25, .75}), (List{0, 1}));
    const double nan = std::nan("");
    EXPECT_EQ(region_of("aps", 0.9, {nan, nan}), (List{0, 0}));
}

TEST(Conformal, scores_of_one_row) {
    const List p = {.125, .5, .25, .125};
    EXPECT_EQ(entry("lac").disagreement(p.data(), 4, 2), .75);
    EXPECT_EQ(entry("aps").disagreement(p.data(), 4, 1), .5);
    EXPECT_EQ(entry("aps").disagreement(p.data(), 4, 2), .75);
    EXPECT_EQ(entry("aps").disagreement(p.data(), 4, 3), 1);
    const double value = 3;
    EXPECT_EQ(entry("split").disagreement(&value, 1, 1), 2);
}

// The promise itself: over many draws of 200 rows to fit and 200 to judge, the mean coverage is
// that which was asked for, within 3 standard errors and the 1 / (n + 1) that ties may add.
TEST(Conformal, coverage_is_what_was_asked_for) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> noise;
    constexpr size_t kRows = 200, kDraws = 100;
    for (const auto& method : Registry<ConformalMethod>::of_kind().all()) {
        const size_t size = method.task == Task::regress ? 1 : 4;
        for (const double coverage : {0.8, 0.9}) {
            double hits = 0;
            for (size_t draw = 0; draw < kDraws; ++draw) {
                List outputs, targets;
                for (size_t row = 0; row < 2 * kRows; ++row) {
                    List p(size);
                    double sum = 0;
                    for (double& one : p) sum += one = std::exp(1.5 * noise(random));
                    if (size == 1) {
                        targets.push_back(p[0] + noise(random) * (1 + p[0]));
                    } else {
                        for (double& one : p) one /= sum;
                        targets.push_back(
                            std::discrete_distribution<int>(p.begin(), p.end())(random));
                    }
                    outputs.insert(outputs.end(), p.begin(), p.end());
                }
                const auto half = static_cast<std::ptrdiff_t>(kRows);
                const List lesson(targets.begin(), targets.begin() + half);
                const auto fitted = fit_conformal(method, {size, outputs, lesson}, coverage);
                ASSERT_TRUE(fitted.ok());
                for (size_t row = kRows; row < 2 * kRows; ++row) {
                    List region(std::max<size_t>(size, 2));
                    const double* p = outputs.data() + row * size;
                    method.region(quantile_of(fitted), p, size, region.data());
                    hits += size == 1 ? targets[row] >= region[0] && targets[row] <= region[1]
                                      : region[static_cast<size_t>(targets[row])];
                }
            }
            const double found = hits / (kRows * kDraws);
            // The spread of one draw's coverage is about sqrt(c (1 - c) / 200) twice over.
            const double error = 3 * std::sqrt(coverage * (1 - coverage) * 2 / (kRows * kDraws));
            EXPECT_GE(found, coverage - error) << method.name;
            // aps keeps the most probable class even where none would do.
            const double more = method.name == "aps" ? 0.05 : 1.0 / (kRows + 1);
            EXPECT_LE(found, coverage + error + more) << method.name;
        }
    }
}

}  // namespace
}  // namespace quern::score
