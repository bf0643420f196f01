// network_fit.cc and mlp.cc.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "quern/train/network_fit.h"
#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

void check_gradient(const Sample& sample, score::Activation activation, size_t outputs) {
    NetworkFit fit(sample.task, activation, 3, {17, 4, outputs}, 100, 2);
    fit.start(7);
    std::vector<uint32_t> rows(24);
    std::iota(rows.begin(), rows.end(), 0u);
    std::vector<double> gradient(fit.size());
    fit.add(sample.lesson(), rows, gradient);
    size_t checked = 0;
    for (size_t i = 0; i < fit.size(); ++i) {
        constexpr double kStep = 1e-6;
        const double kept = fit.parameters[i];
        if (kept == 0) {
            EXPECT_EQ(gradient[i], 0) << "padding";
            continue;
        }
        fit.parameters[i] = kept + kStep;
        const double above = fit.add(sample.lesson(), rows, {});
        fit.parameters[i] = kept - kStep;
        const double below = fit.add(sample.lesson(), rows, {});
        fit.parameters[i] = kept;
        EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-5) << i;
        ++checked;
    }
    EXPECT_EQ(checked, 17 * 4 + 4 * 18 + outputs * 5);
}

TEST(NetworkFit, GradientIsWhatSmallStepsSay) {
    Sample two = small_sample(Task::classify, 2);
    for (int i = 0; i < 24; ++i) two.weights.push_back(1 + i % 3);
    check_gradient(two, score::Activation::tanh, 1);
    check_gradient(small_sample(Task::classify, 3), score::Activation::logistic, 3);
    check_gradient(small_sample(Task::regress, 0), score::Activation::tanh, 1);
    check_gradient(small_sample(Task::regress, 0), score::Activation::relu, 1);
}

// Two classes that no line parts.
TEST(Mlp, LearnsWhatNoLineCan) {
    Sample sample{.columns = {{.name = "a"}, {.name = "b"}}};
    for (int i = 0; i < 400; ++i) {
        const double a = i % 20 / 10.0 - 0.95, b = i / 20 / 10.0 - 0.95;
        sample.values.insert(sample.values.end(), {a, b});
        sample.targets.push_back(a * b > 0);
    }
    const auto settings = settings_of("{learning_rate: 0.02, batch_size: 50, max_iter: 100}");
    const auto fitted = fit(*find_learner("mlp").value(), sample.input(settings)).value();
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    size_t right = 0;
    for (size_t i = 0; i < raw.size(); ++i) right += (raw[i] > 0) == (sample.targets[i] == 1);
    EXPECT_GT(right, 385);
}

TEST(Mlp, StopsEarlyAndKeepsTheBestPass) {
    const Sample sample = mixed_sample(Task::regress, 0, 300, true);
    FitInput input = sample.input(settings_of(
        "{learning_rate: 0.1, batch_size: 20, early_stopping_rounds: 3, max_iter: 1000}"));
    input.validation = input.lesson;
    const auto fitted = fit(*find_learner("mlp").value(), input).value();
    EXPECT_LT(fitted.iterations, 1000);
    EXPECT_EQ(fitted.iterations, fitted.best_iteration + 3);
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    double squares = 0, mean = 0, spread = 0;
    for (const double target : sample.targets) mean += target / 300;
    for (size_t i = 0; i < raw.size(); ++i) {
        squares += (raw[i] - sample.targets[i]) * (raw[i] - sample.targets[i]);
        spread += (mean - sample.targets[i]) * (mean - sample.targets[i]);
    }
    EXPECT_NEAR(squares / spread / 2, *std::ranges::min_element(fitted.curve), 1e-9);
}

TEST(Mlp, SaysWhatIsWrong) {
    const auto text_of = [](const std::string& settings) {
        return find_learner("mlp").value()->check_settings(settings_of(settings)).text();
    };
    EXPECT_NE(text_of("hidden: []").find("1 to 15 widths"), std::string::npos);
    EXPECT_NE(text_of("hidden: [0]").find("hidden"), std::string::npos);
    EXPECT_NE(text_of("hidden: [5000]").find("hidden"), std::string::npos);
    EXPECT_EQ(text_of("hidden: [8, 8]"), "ok");
}

}  // namespace
}  // namespace quern::train
