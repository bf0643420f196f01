#include <gtest/gtest.h>

#include <bit>

#include "quern/train/booster.h"
#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

double mean_error(const Sample& sample, const Fitted& fitted) {
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    double sum = 0;
    for (size_t i = 0; i < raw.size(); ++i) sum += std::abs(raw[i] - sample.targets[i]);
    return sum / static_cast<double>(raw.size());
}

Fitted fit_dart_with(const Sample& sample, const std::string& settings) {
    auto tree = parse_yaml({.text = settings, .file = "m.yml"});
    EXPECT_TRUE(tree.ok());
    auto fitted = fit(*find_learner("dart").value(), sample.input(*tree));
    EXPECT_TRUE(fitted.ok()) << fitted.status().text();
    return std::move(fitted).value();
}

TEST(Dart, LearnsWhatIsThere) {
    const Sample sample = mixed_sample(Task::regress, 2, 2000, false);
    const double none = mean_error(sample, fit_dart_with(sample, "{num_iterations: 1}"));
    const double many = mean_error(sample, fit_dart_with(sample, "{num_iterations: 80}"));
    EXPECT_LT(many, none / 2);
}

TEST(Dart, DropsTrees) {
    const Sample sample = mixed_sample(Task::regress, 2, 1000, false);
    const auto with = raw_scores(fit_dart_with(sample, "{skip_drop: 0}"), sample.lesson().matrix);
    const auto without =
        raw_scores(fit_dart_with(sample, "{skip_drop: 1}"), sample.lesson().matrix);
    EXPECT_NE(std::bit_cast<uint64_t>(with[0]), std::bit_cast<uint64_t>(without[0]));
}

}  // namespace
}  // namespace quern::train
