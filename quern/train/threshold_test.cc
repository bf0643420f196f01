#include "quern/train/threshold.h"

#include <gtest/gtest.h>

namespace quern::train {
namespace {

using project::ThresholdRule;

const std::vector<double> kP = {.1, .2, .3, .4, .5, .6, .7, .8, .9, .9};
const std::vector<int32_t> kY = {0, 0, 1, 0, 0, 1, 0, 1, 1, 1};

double chosen(const ThresholdRule& rule, const std::vector<double>& weights = {}) {
    evaluate::Judged judged;
    judged.labels = kY;
    judged.probabilities = kP;
    judged.weights = weights;
    const auto threshold = choose_threshold(judged, rule);
    EXPECT_TRUE(threshold.ok()) << threshold.status().text();
    return threshold.ok() ? *threshold : -1;
}

TEST(Threshold, of_the_least_cost) {
    const auto check = [](double false_positive, double false_negative, double want) {
        EXPECT_DOUBLE_EQ(chosen({.kind = ThresholdRule::Kind::cost,
                                 .false_positive = false_positive,
                                 .false_negative = false_negative}),
                         want);
    };
    check(1, 1, .75);    // 2 missed
    check(1, 1.5, .55);  // 1 false, 1 missed: 2.5 beats 3 missed
    check(1, 5, .25);    // 3 false, none missed
    check(9, 0, 0.95);   // a false one costs, a missed one does not: none is positive
    check(0, 1, .25);
}

TEST(Threshold, of_a_rate_of_positives) {
    const auto check = [](double rate, double want) {
        EXPECT_DOUBLE_EQ(chosen({.kind = ThresholdRule::Kind::rate, .rate = rate}), want);
    };
    check(0.3, .75);
    check(0.39, .75);
    check(0.1, .95);  // the two highest are equal: both would be too many
    check(1, 0);
    const std::vector<double> weights = {1, 1, 1, 1, 1, 1, 1, 1, 8, 4};  // of 20
    EXPECT_DOUBLE_EQ(chosen({.kind = ThresholdRule::Kind::rate, .rate = 0.6}, weights), .85);
}

TEST(Threshold, of_the_best_metric) {
    ThresholdRule rule{.kind = ThresholdRule::Kind::best, .metric = "f1"};
    EXPECT_DOUBLE_EQ(chosen(rule), .55);  // 4 of 5 found, 1 false: 0.8
    rule.metric = "accuracy";
    EXPECT_DOUBLE_EQ(chosen(rule), .75);
    rule.metric = "roc_auc";
    EXPECT_EQ(check_threshold_rule(rule).code(), Code::invalid_argument);
    rule.metric = "f2";
    EXPECT_FALSE(check_threshold_rule(rule).ok());
}

}  // namespace
}  // namespace quern::train
