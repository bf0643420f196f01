// Covers boosting.cc as well.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "quern/score/importers/lightgbm_trees.h"
#include "quern/score/models/trees.h"
#include "quern/train/booster.h"
#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

const Learner& gbdt() { return *find_learner("gbdt").value(); }

Fitted must_fit(const FitInput& input) {
    auto fitted = fit(gbdt(), input);
    EXPECT_TRUE(fitted.ok());
    return std::move(fitted).value();
}

size_t tree_count(const Fitted& fitted) {
    return score::unpack_trees(fitted.model.learned, 6).value().trees.size();
}

void check_bits(const std::vector<double>& got, const std::vector<double>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(std::bit_cast<uint64_t>(got[i]), std::bit_cast<uint64_t>(want[i])) << i;
    }
}

// Rows that training never saw: missing, infinite, huge, tiny and unknown categories.
std::vector<double> hostile_rows() {
    std::vector<double> rows;
    const double odd[] = {std::nan(""), INFINITY, -INFINITY, 0,   -0.0, 1e-40, -1e-36,
                          1e300,        -1e300,   -1,        3.7, 12,   1e10,  2147483648.0};
    for (size_t i = 0; i < 14 * 14; ++i) {
        for (size_t j = 0; j < 6; ++j) rows.push_back(odd[(i * (j + 1) + i / 14 + j) % 14]);
    }
    return rows;
}

TEST(Gbdt, ScoresAreLightGbmsToTheBit) {
    const auto check = [](Task task, int classes, bool is_linear) {
        const Sample sample = mixed_sample(task, classes, 5000, false);
        std::string parameters =
            "deterministic=true force_col_wise=true verbosity=-1 "
            "num_threads=1 seed=1 categorical_feature=5 objective=";
        parameters += task == Task::regress ? "regression"
                      : classes == 2        ? "binary"
                                            : "multiclass num_class=5";
        if (is_linear) parameters += " linear_tree=true";
        const auto data = BoosterData::make(sample.lesson(), parameters, nullptr).value();
        auto booster = Booster::make(data, parameters).value();
        for (int i = 0; i < 40; ++i) ASSERT_TRUE(booster.update().ok());
        Fitted fitted;
        const auto raw_count = static_cast<uint32_t>(classes > 2 ? classes : 1);
        const auto text = booster.text(40).value();
        fitted.model = score::pack(score::read_lightgbm_trees(text, raw_count).value());
        check_bits(raw_scores(fitted, sample.lesson().matrix),
                   booster.raw_scores(sample.lesson().matrix, 40).value());
        const auto odd = hostile_rows();
        const MatrixView hostile{odd.size() / 6, sample.columns, odd.data()};
        check_bits(raw_scores(fitted, hostile), booster.raw_scores(hostile, 40).value());
        EXPECT_EQ(fitted.model.learned.contains("leaf_constant"), is_linear);
    };
    for (const bool is_linear : {false, true}) {
        check(Task::classify, 2, is_linear);
        check(Task::classify, 5, is_linear);
        check(Task::regress, 0, is_linear);
    }
}

TEST(Gbdt, LinearLeavesAreTheSameAtAnyNumberOfThreads) {
    const Sample sample = mixed_sample(Task::regress, 0, 20'000, false);
    FitInput input =
        sample.input(settings_of("{num_iterations: 10, linear_tree: true, linear_lambda: 0.1}"));
    const auto first = must_fit(input).model;
    EXPECT_TRUE(first.learned.contains("leaf_constant"));
    input.threads = 2;
    EXPECT_EQ(must_fit(input).model, first);
}

// Below the learner, which would take one thread for so few rows.
TEST(Gbdt, LightGbmsModelIsTheSameAtTwoThreads) {
    const Sample sample = mixed_sample(Task::regress, 0, 20'000, false);
    const auto model = [&](const std::string& threads) {
        const std::string parameters =
            "objective=regression deterministic=true force_col_wise=true verbosity=-1 seed=1 "
            "bagging_fraction=0.6 bagging_freq=1 categorical_feature=5 num_threads=" +
            threads;
        const auto data = BoosterData::make(sample.lesson(), parameters, nullptr).value();
        auto booster = Booster::make(data, parameters).value();
        for (int i = 0; i < 60; ++i) EXPECT_TRUE(booster.update().ok());
        return score::pack(score::read_lightgbm_trees(booster.text(60).value(), 1).value());
    };
    EXPECT_EQ(model("1"), model("2"));
}

TEST(Gbdt, IsTheSameAtAnyNumberOfThreadsWithSampling) {
    const Sample sample = mixed_sample(Task::regress, 0, 20'000, false);
    FitInput input = sample.input(settings_of(
        "{num_iterations: 60, bagging_fraction: 0.6, feature_fraction: 0.7, num_leaves: 63}"));
    const auto first = must_fit(input).model;
    input.threads = 2;
    EXPECT_EQ(first, must_fit(input).model);
    input.seed = 2;
    EXPECT_NE(first, must_fit(input).model);
}

TEST(Gbdt, StopsEarlyAndKeepsTheBestIteration) {
    for (const auto& [task, classes] : {std::pair{Task::classify, 2}, std::pair{Task::classify, 3},
                                        std::pair{Task::regress, 0}}) {
        const Sample lesson = mixed_sample(task, classes, 400, false);
        const Sample other = mixed_sample(task, classes, 1000, false);
        Sample validation = other;
        validation.values.erase(validation.values.begin(), validation.values.begin() + 400 * 6);
        validation.targets.erase(validation.targets.begin(), validation.targets.begin() + 400);
        FitInput input = lesson.input(
            settings_of("{num_iterations: 500, early_stopping_rounds: 10, learning_rate: 0.3}"));
        input.validation = validation.lesson();
        const Fitted fitted = must_fit(input);
        EXPECT_LT(fitted.iterations, 500);
        EXPECT_EQ(fitted.iterations, fitted.best_iteration + 10);
        EXPECT_EQ(fitted.curve.size(), static_cast<size_t>(fitted.iterations));
        const auto best = std::min_element(fitted.curve.begin(), fitted.curve.end());
        EXPECT_EQ(best - fitted.curve.begin() + 1, fitted.best_iteration);
        EXPECT_EQ(tree_count(fitted),
                  static_cast<size_t>(fitted.best_iteration) * (classes > 2 ? 3 : 1));
        input.threads = 2;
        EXPECT_EQ(fitted.model, must_fit(input).model);
    }
}

TEST(Gbdt, WatchesTheMetricAskedFor) {
    const Sample sample = mixed_sample(Task::classify, 2, 400, false);
    FitInput input = sample.input(settings_of("{early_stopping_rounds: 5}"));
    input.validation = sample.lesson();
    input.metric = "roc_auc";
    const Fitted fitted = must_fit(input);
    EXPECT_GT(fitted.curve.back(), 0.9);
    EXPECT_GE(fitted.curve[static_cast<size_t>(fitted.best_iteration) - 1], fitted.curve[0]);
    input.metric = "rmse";
    EXPECT_EQ(fit(gbdt(), input).status().code(), Code::invalid_argument);
    input.metric = "roc_acu";
    EXPECT_EQ(fit(gbdt(), input).status().code(), Code::not_found);
}

TEST(Gbdt, FindsTheColumnsThatMatter) {
    const Fitted fitted = must_fit(mixed_sample(Task::regress, 0, 3000, false).input());
    double sum = 0;
    for (const double share : fitted.importance) sum += share;
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_GT(fitted.importance[0], fitted.importance[1]);
}

TEST(Gbdt, TooFewRowsGiveAConstantAndSaySo) {
    Sample sample{.columns = {{.name = "a"}}};
    sample.values = {1, 2, 3, 4};
    sample.targets = {0, 0, 0, 1};
    const Fitted fitted = must_fit(sample.input());
    ASSERT_EQ(fitted.notes.size(), 1);
    EXPECT_NE(fitted.notes[0].find("min_data_in_leaf"), std::string::npos);
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    EXPECT_NEAR(raw[0], std::log(1.0 / 3), 1e-6);
    EXPECT_EQ(raw[0], raw[3]);
}

TEST(Gbdt, CategoriesAreNotTakenForNumbers) {
    // Even codes are positive: one split by category sees it, no split by number does.
    Sample sample{.columns = {{.name = "kind", .is_category = true}}};
    for (int i = 0; i < 4000; ++i) {
        sample.values.push_back(i % 20);
        sample.targets.push_back(i % 2 == 0);
    }
    const Fitted fitted = must_fit(sample.input(settings_of("{num_iterations: 1, num_leaves: 2}")));
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    for (size_t i = 2; i < 4000; ++i) ASSERT_EQ(raw[i], raw[i % 2]);
    EXPECT_NE(raw[0], raw[1]);
}

TEST(LightGbmText, RefusesWhatItDoesNotKnow) {
    for (const char* text : {"", "tree\n", "max_feature_idx=1\n\nTree=0\nnum_leaves=2\n",
                             "max_feature_idx=1\n\nTree=0\nnum_leaves=2\nleaf_value=1 2\n"
                             "split_feature=0\n\nend of trees\n",
                             "max_feature_idx=1\n\nTree=0\nnum_leaves=1\nleaf_value=x\n\n"
                             "end of trees\n"}) {
        EXPECT_FALSE(score::read_lightgbm_trees(text, 1).ok()) << text;
    }
}

}  // namespace
}  // namespace quern::train
