#include "quern/evaluate/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace quern::evaluate {
namespace {

struct Rows {
    std::vector<int32_t> labels;
    std::vector<uint64_t> groups, keys;
    std::vector<double> times;
    std::vector<std::string> class_names;
    size_t row_count = 0;

    SplitRows view() const {
        return {.row_count = row_count,
                .labels = labels,
                .groups = groups,
                .times = times,
                .keys = keys,
                .class_names = class_names};
    }
};

// 70 % class 0, 20 % class 1, 10 % class 2; groups of ten rows; times that repeat.
Rows sample_rows(size_t row_count) {
    Rows rows;
    rows.row_count = row_count;
    for (size_t row = 0; row < row_count; ++row) {
        rows.labels.push_back(row % 10 < 7 ? 0 : row % 10 < 9 ? 1 : 2);
        rows.groups.push_back(row * 7 % row_count / 10);
        rows.times.push_back(static_cast<double>(row * 13 % row_count / 4));
        rows.keys.push_back(1'000'000 + row * row);
    }
    return rows;
}

std::vector<uint8_t> must_hold_out(const Rows& rows, const HoldOut& settings) {
    auto is_test = hold_out(rows.view(), settings);
    EXPECT_TRUE(is_test.ok());
    return std::move(is_test).value();
}

size_t count_tests(const std::vector<uint8_t>& is_test) {
    return static_cast<size_t>(std::accumulate(is_test.begin(), is_test.end(), 0));
}

TEST(HoldOut, StratifiedKeepsTheShareOfEveryClass) {
    const Rows rows = sample_rows(1000);
    const auto is_test = must_hold_out(rows, {.kind = SplitKind::stratified, .test = 0.2});
    std::map<int32_t, int> tests;
    for (size_t row = 0; row < 1000; ++row) tests[rows.labels[row]] += is_test[row];
    EXPECT_EQ(tests, (std::map<int32_t, int>{{0, 140}, {1, 40}, {2, 20}}));
}

TEST(HoldOut, StratifiedMeetsTheTotalWhenSharesAreNotWhole) {
    Rows rows;
    rows.row_count = 10;
    rows.labels = {0, 0, 0, 0, 0, 0, 1, 1, 2, 2};
    const auto is_test = must_hold_out(rows, {.kind = SplitKind::stratified, .test = 0.4});
    EXPECT_EQ(count_tests(is_test), 4);
}

TEST(HoldOut, RandomTakesTheShare) {
    const auto is_test = must_hold_out(sample_rows(997), {.kind = SplitKind::random, .test = 0.3});
    EXPECT_EQ(count_tests(is_test), 299);
}

TEST(HoldOut, DependsOnSeedAndKeysNotOnOrder) {
    const Rows rows = sample_rows(500);
    Rows turned = rows;
    std::ranges::reverse(turned.keys);
    std::ranges::reverse(turned.labels);
    for (const SplitKind kind : {SplitKind::stratified, SplitKind::random}) {
        auto is_test = must_hold_out(rows, {.kind = kind});
        EXPECT_EQ(is_test, must_hold_out(rows, {.kind = kind}));
        EXPECT_NE(is_test, must_hold_out(rows, {.kind = kind, .seed = 2}));
        auto of_turned = must_hold_out(turned, {.kind = kind});
        std::ranges::reverse(of_turned);
        EXPECT_EQ(is_test, of_turned);
    }
}

TEST(HoldOut, TimeJudgesOnlyTheLaterRows) {
    const Rows rows = sample_rows(1000);
    const auto is_test = must_hold_out(rows, {.kind = SplitKind::time, .test = 0.25});
    double last_taught = -1, first_judged = INFINITY;
    for (size_t row = 0; row < 1000; ++row) {
        if (is_test[row] != 0)
            first_judged = std::min(first_judged, rows.times[row]);
        else
            last_taught = std::max(last_taught, rows.times[row]);
    }
    EXPECT_LT(last_taught, first_judged);
    EXPECT_NEAR(static_cast<double>(count_tests(is_test)), 250, 4);
}

TEST(HoldOut, GroupsStayTogether) {
    const Rows rows = sample_rows(1000);
    const auto is_test = must_hold_out(rows, {.kind = SplitKind::group, .test = 0.2});
    std::map<uint64_t, std::set<int>> sides;
    for (size_t row = 0; row < 1000; ++row) sides[rows.groups[row]].insert(is_test[row]);
    EXPECT_TRUE(std::ranges::all_of(sides, [](auto& side) { return side.second.size() == 1; }));
    EXPECT_EQ(count_tests(is_test), 200);
}

TEST(HoldOut, TwoGroupsOfUnequalSizeStillGiveTwoParts) {
    Rows rows;
    rows.row_count = 100;
    for (size_t row = 0; row < 100; ++row) rows.groups.push_back(row < 95 ? 1 : 2);
    for (uint64_t seed = 0; seed < 8; ++seed) {
        const size_t tests =
            count_tests(must_hold_out(rows, {.kind = SplitKind::group, .test = 0.5, .seed = seed}));
        EXPECT_TRUE(tests == 5 || tests == 95) << tests;
    }
}

TEST(HoldOut, AutomaticFollowsFromWhatIsKnown) {
    Rows rows = sample_rows(20);
    EXPECT_EQ(resolve(SplitKind::automatic, rows.view()), SplitKind::time);
    rows.times.clear();
    EXPECT_EQ(resolve(SplitKind::automatic, rows.view()), SplitKind::stratified);
    rows.labels.clear();
    EXPECT_EQ(resolve(SplitKind::automatic, rows.view()), SplitKind::random);
}

TEST(HoldOut, RefusesWhatCannotBeSplit) {
    const auto refused = [](const Rows& rows, const HoldOut& settings, std::string_view message) {
        auto got = hold_out(rows.view(), settings);
        ASSERT_FALSE(got.ok()) << message;
        EXPECT_EQ(std::move(got).status().message(), message);
    };
    Rows rows = sample_rows(10);
    rows.class_names = {"adelie", "chinstrap", "gentoo"};
    refused(rows, {.kind = SplitKind::stratified},
            "class 'gentoo' has 1 row; a stratified split needs 2 or more");
    refused(rows, {.kind = SplitKind::random, .test = 1},
            "'test' of the split must be above 0 and below 1");
    rows.groups.assign(10, 5);
    refused(rows, {.kind = SplitKind::group},
            "a group split needs 2 groups or more, and there is 1");
    rows.times.assign(10, 5);
    refused(rows, {.kind = SplitKind::time},
            "a time split needs earlier and later rows; too many are of the first time");
    rows.times[3] = std::nan("");
    refused(rows, {.kind = SplitKind::time},
            "a time split needs a time for every row, and one is missing");
    rows.groups.clear();
    refused(rows, {.kind = SplitKind::group}, "a group split needs a group for every row");
    Rows one;
    one.row_count = 1;
    refused(one, {.kind = SplitKind::random}, "a split needs 2 rows or more, and there is 1 row");
}

Folds must_fold(const Rows& rows, const FoldSettings& settings) {
    auto folds = make_folds(rows.view(), settings);
    EXPECT_TRUE(folds.ok());
    return std::move(folds).value();
}

TEST(Folds, JudgeEveryRowOnceInEqualParts) {
    const Rows rows = sample_rows(1003);
    for (const SplitKind kind : {SplitKind::stratified, SplitKind::random, SplitKind::group}) {
        const Folds folds = must_fold(rows, {.kind = kind, .folds = 5});
        std::map<int32_t, int> sizes;
        for (size_t row = 0; row < 1003; ++row) {
            ++sizes[folds.fold_of_row[row]];
            EXPECT_TRUE(folds.judges(folds.fold_of_row[row], row));
            EXPECT_FALSE(folds.teaches(folds.fold_of_row[row], row));
        }
        ASSERT_EQ(sizes.size(), 5);
        for (const auto& [fold, size] : sizes) EXPECT_NEAR(size, 200.6, 10) << fold;
    }
}

TEST(Folds, StratifiedSpreadsEveryClass) {
    const Rows rows = sample_rows(1000);
    const Folds folds = must_fold(rows, {.kind = SplitKind::stratified, .folds = 4});
    std::map<std::pair<int32_t, int32_t>, int> counts;
    for (size_t row = 0; row < 1000; ++row) ++counts[{folds.fold_of_row[row], rows.labels[row]}];
    for (const auto& [key, count] : counts) {
        EXPECT_EQ(count, key.second == 0 ? 175 : key.second == 1 ? 50 : 25);
    }
}

TEST(Folds, TimeLearnsFromThePastOnly) {
    const Rows rows = sample_rows(1000);
    const Folds folds = must_fold(rows, {.kind = SplitKind::time, .folds = 4});
    for (int32_t fold = 0; fold < 4; ++fold) {
        double last_taught = -1, first_judged = INFINITY;
        size_t taught = 0;
        for (size_t row = 0; row < 1000; ++row) {
            if (folds.judges(fold, row)) first_judged = std::min(first_judged, rows.times[row]);
            if (!folds.teaches(fold, row)) continue;
            last_taught = std::max(last_taught, rows.times[row]);
            ++taught;
        }
        EXPECT_LT(last_taught, first_judged);
        EXPECT_NEAR(static_cast<double>(taught), 200.0 * (fold + 1), 4);
    }
}

TEST(Folds, RefuseTinyClassesAndEmptyFolds) {
    const auto refused = [](const Rows& rows, const FoldSettings& settings,
                            std::string_view message) {
        auto got = make_folds(rows.view(), settings);
        ASSERT_FALSE(got.ok()) << message;
        EXPECT_EQ(std::move(got).status().message(), message);
    };
    Rows rows = sample_rows(20);
    rows.class_names = {"a", "b", "c"};
    refused(rows, {.kind = SplitKind::stratified, .folds = 5},
            "class 'b' has 4 rows, fewer than the 5 folds");
    refused(rows, {.kind = SplitKind::random, .folds = 1}, "'folds' must be at least 2");
    refused(rows, {.kind = SplitKind::random, .folds = 21},
            "21 folds are more than 20 rows can fill");
    refused(rows, {.kind = SplitKind::group, .folds = 3},
            "3 folds by group need as many groups, and there are 2");
    rows.times.assign(20, 1);
    refused(rows, {.kind = SplitKind::time, .folds = 3},
            "part 1 of 4 in time is empty: too many rows share one time");
}

}  // namespace
}  // namespace quern::evaluate
