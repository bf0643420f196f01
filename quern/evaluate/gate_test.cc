#include "quern/evaluate/gate.h"

#include <gtest/gtest.h>

#include <optional>

namespace quern::evaluate {
namespace {

std::vector<Estimate> measured(const std::string& metric, double value) {
    return {{.metric = metric, .value = value, .low = 0, .high = 1, .interval_method = "none"}};
}

void check(std::string_view text, double mine, std::optional<double> champions, bool passed,
           std::string_view words) {
    const auto gate = parse_gate(text);
    ASSERT_TRUE(gate.ok()) << text;
    const auto champion = measured(gate->metric, champions.value_or(0));
    const auto got =
        check_gate(*gate, measured(gate->metric, mine), champions ? &champion : nullptr);
    EXPECT_EQ(got.passed, passed) << text;
    EXPECT_EQ(got.words, words);
}

TEST(Gate, ComparesWithANumber) {
    check("roc_auc >= 0.75", 0.9274, {}, true, "roc_auc 0.9274 >= 0.75: passed");
    check("roc_auc >= 0.75", 0.75, {}, true, "roc_auc 0.75 >= 0.75: passed");
    check("roc_auc > 0.75", 0.75, {}, false, "roc_auc 0.75 > 0.75: failed");
    check("mae<1.2e3", 1200, {}, false, "mae 1200 < 1200: failed");
    check("  p99_us <= 50 ", 12.5, {}, true, "p99_us 12.5 <= 50: passed");
    check("r2 >= -1", -2, {}, false, "r2 -2 >= -1: failed");
}

TEST(Gate, ComparesWithTheChampion) {
    check("roc_auc >= champion - 0.005", 0.92, 0.93, false,
          "roc_auc 0.92 >= 0.925 (champion 0.93): failed");
    check("roc_auc >= champion - 0.005", 0.926, 0.93, true,
          "roc_auc 0.926 >= 0.925 (champion 0.93): passed");
    check("mae <= champion + 10", 100, 95, true, "mae 100 <= 105 (champion 95): passed");
    check("f1 > champion", 0.5, 0.5, false, "f1 0.5 > 0.5 (champion 0.5): failed");
}

TEST(Gate, PassesWithoutAChampion) {
    check("roc_auc >= champion - 0.005", 0.5, {}, true,
          "roc_auc >= champion - 0.005: passed, there is no champion yet");
}

TEST(Gate, WhatWasNotMeasuredFails) {
    const auto gate = parse_gate("p99_us <= 50").value();
    const auto got = check_gate(gate, measured("roc_auc", 1), nullptr);
    EXPECT_FALSE(got.passed);
    EXPECT_EQ(got.words, "p99_us was not measured: failed");
}

TEST(Gate, RefusesWhatItCannotRead) {
    const auto refused = [](std::string_view text, std::string_view message) {
        auto gate = parse_gate(text);
        ASSERT_FALSE(gate.ok()) << text;
        EXPECT_EQ(std::move(gate).status().message(), message);
    };
    refused("roc_auc", "gate 'roc_auc' has no >=, >, <= or <");
    refused("", "gate '' has no >=, >, <= or <");
    refused(">= 3", "gate '>= 3' names no metric");
    for (const char* bound : {"", "high", "0.75x", "nan", "champion * 2", "champion - ",
                              "champion - -1", "champions"}) {
        const std::string text = "roc_auc >= " + std::string(bound);
        EXPECT_FALSE(parse_gate(text).ok()) << text;
    }
    auto unknown = parse_gate("roc_uac >= 0.75");
    ASSERT_FALSE(unknown.ok());
    const Status status = std::move(unknown).status();
    EXPECT_EQ(status.message(), "metric 'roc_uac' is not known");
    EXPECT_NE(status.hint().find("roc_auc"), std::string_view::npos);
}

}  // namespace
}  // namespace quern::evaluate
