// Covers logistic_fit.cc. Numbers are of scikit-learn 1.9 (CalibratedClassifierCV) and of betacal,
// whose logistic regression is scikit-learn's with C = 99,999,999,999.
#include "quern/score/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/score/models/linear.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

using List = std::vector<double>;

const List kP = {.05, .1, .2, .2, .3, .35, .4, .5, .55, .6, .7, .8, .85, .9, .95, .99};
const std::vector<int32_t> kY = {0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1};
const List kWeights = {1, 2, 1, 1, .5, 1, 1, 3, 1, 1, 1, 2, 1, 1, 1, 1};
const List kThree = {.7,  .2, .1,  .6,  .3, .1,  .2,  .5, .3,  .1,  .8,  .1,
                     .3,  .3, .4,  .1,  .2, .7,  .5,  .4, .1,  .2,  .2,  .6,
                     .25, .6, .15, .45, .1, .45, .15, .7, .15, .33, .33, .34};
const std::vector<int32_t> kThreeY = {0, 0, 1, 1, 2, 2, 1, 2, 0, 0, 1, 2};

const Calibration& entry(std::string_view name) {
    return **Registry<Calibration>::of_kind().find(name);
}

List both(const List& p) {
    List outputs;
    for (const double one : p) outputs.insert(outputs.end(), {1 - one, one});
    return outputs;
}

void check_near(const List& found, const List& want, double margin) {
    ASSERT_EQ(found.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(found[i], want[i], margin) << i;
}

Buffers fit(std::string_view name, const List& weights, const std::vector<int32_t>& y = kY) {
    const List outputs = both(kP);
    auto learned = entry(name).fit({2, outputs, y, weights});
    EXPECT_TRUE(learned.ok()) << learned.status().text();
    return learned.ok() ? *learned : Buffers();
}

const List& numbers(const Buffers& learned, const char* name) {
    return std::get<List>(learned.at(name));
}

// Probabilities of the last class.
List apply(std::string_view name, const Buffers& learned, const List& p) {
    const auto bound = entry(name).bind(learned, 2);
    EXPECT_TRUE(bound.ok()) << bound.status().text();
    List outputs = both(p);
    bound->apply(bound->prepared.get(), p.size(), outputs.data());
    List last;
    for (size_t i = 0; i < p.size(); ++i) last.push_back(outputs[2 * i + 1]);
    return last;
}

TEST(Calibrations, platt_is_scikit_learns_sigmoid) {
    const Buffers plain = fit("platt", {});
    check_near(numbers(plain, "slope"), {0.52757245}, 2e-8);
    check_near(numbers(plain, "intercept"), {-0.12208264}, 2e-8);
    check_near(apply("platt", plain, {.02, .2, .5}),
               {1.01990607e-01, 2.98708940e-01, 4.69517190e-01}, 2e-8);
    const Buffers weighted = fit("platt", kWeights);
    check_near(numbers(weighted, "slope"), {0.62440508}, 2e-8);
    check_near(numbers(weighted, "intercept"), {-0.29073516}, 2e-8);
}

TEST(Calibrations, isotonic_is_scikit_learns) {
    const List at = {0, .02, .2, .33, .5, .777, 1};
    const double third = 1.0 / 3, two_thirds = 2.0 / 3;
    check_near(apply("isotonic", fit("isotonic", {}), at),
               {0, 0, third, third, third, two_thirds, 1}, 1e-15);
    const double low = 0.26666666666666666;
    check_near(apply("isotonic", fit("isotonic", kWeights), at), {0, 0, low, low, low, .75, 1},
               1e-15);
    check_near(apply("isotonic", fit("isotonic", {}), {.15, .875}), {third / 2, 5.0 / 6}, 1e-14);
}

TEST(Calibrations, beta_is_betacals) {
    const auto check = [](const List& weights, const std::vector<int32_t>& y, const List& want) {
        const Buffers learned = fit("beta", weights, y);
        check_near({numbers(learned, "a")[0], numbers(learned, "b")[0], numbers(learned, "c")[0]},
                   want, 1e-6);
    };
    check({}, kY, {0.62060872, 0.86893138, -0.37357866});
    check(kWeights, kY, {0.46500183, 1.23944648, -1.01643854});
    // A weight below zero: that column is left out.
    check({}, {1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1}, {0, 0.89659232, -0.66428423});
}

TEST(Calibrations, temperature_is_scikit_learns) {
    const Buffers plain = fit("temperature", {});
    check_near(numbers(plain, "beta"), {0.7516196110518295}, 1e-7);
    check_near(
        apply("temperature", plain, {.02, .2, .33, .5, .777}),
        {0.05092332800337543, 0.2607708255636047, 0.36998392462606416, .5, 0.7187406010474466},
        1e-7);
    check_near(numbers(fit("temperature", kWeights), "beta"), {0.8455315775906271}, 1e-7);
    const auto& temperature = entry("temperature");
    const auto learned = temperature.fit({3, kThree, kThreeY, {}});
    ASSERT_TRUE(learned.ok());
    check_near(numbers(*learned, "beta"), {2.423668491879815}, 1e-7);
    const auto bound = temperature.bind(*learned, 3);
    List outputs(kThree.begin(), kThree.begin() + 6);
    bound->apply(bound->prepared.get(), 2, outputs.data());
    check_near(outputs,
               {0.946107970973717, 0.04542554273892214, 0.008466486287360814, 0.8337614034667763,
                0.15539780184677277, 0.010840794686451093},
               1e-7);
}

TEST(Calibrations, of_three_classes_add_up_to_one) {
    for (const auto& calibration : Registry<Calibration>::of_kind().all()) {
        SCOPED_TRACE(calibration.name);
        const auto learned = calibration.fit({3, kThree, kThreeY, {}});
        ASSERT_TRUE(learned.ok()) << learned.status().text();
        const auto bound = calibration.bind(*learned, 3);
        ASSERT_TRUE(bound.ok()) << bound.status().text();
        List outputs = {.5, .3, .2, .1, .1, .8, 0, 0, 1, 1, 0, 0};
        bound->apply(bound->prepared.get(), 4, outputs.data());
        for (size_t row = 0; row < 4; ++row) {
            EXPECT_NEAR(outputs[3 * row] + outputs[3 * row + 1] + outputs[3 * row + 2], 1, 1e-12);
        }
        if (calibration.name == "isotonic") check_near({outputs[0], outputs[5]}, {1, 1}, 0);
    }
}

TEST(Calibrations, probabilities_rise_with_the_models) {
    for (const auto& calibration : Registry<Calibration>::of_kind().all()) {
        List p;
        for (int i = 0; i <= 1000; ++i) p.push_back(i / 1000.0);
        const List out = apply(calibration.name, fit(calibration.name, {}), p);
        for (size_t i = 0; i < out.size(); ++i) {
            ASSERT_TRUE(out[i] >= 0 && out[i] <= 1) << calibration.name;
            const double before = i > 0 ? out[i - 1] : 0;
            ASSERT_GE(out[i], before) << calibration.name << " at " << p[i];
        }
    }
}

TEST(Calibrations, what_does_not_fit_is_refused) {
    const double nan = std::nan("");
    const auto check = [](std::string_view name, const Buffers& learned) {
        const auto bound = entry(name).bind(learned, 2);
        ASSERT_FALSE(bound.ok());
        EXPECT_EQ(bound.status().code(), Code::corrupt);
    };
    check("platt", {});
    check("platt", {{"slope", List{1, 1}}, {"intercept", List{0}}});
    check("platt", {{"slope", List{nan}}, {"intercept", List{0}}});
    check("beta", {{"a", List{1}}, {"b", List{1}}, {"c", List{0}}, {"d", List{0}}});
    check("temperature", {{"beta", List{0}}});
    using Ends = std::vector<int64_t>;
    check("isotonic", {{"x", List{.1, .2}}, {"y", List{.5, .4}}, {"ends", Ends{2}}});
    check("isotonic", {{"x", List{.2, .1}}, {"y", List{.4, .5}}, {"ends", Ends{2}}});
    check("isotonic", {{"x", List{.1, .2}}, {"y", List{.4, .5}}, {"ends", Ends{1}}});
    check("isotonic", {{"x", List{.1, .2}}, {"y", List{.4, .5}}, {"ends", Ends{3}}});
    check("isotonic", {{"x", List{}}, {"y", List{}}, {"ends", Ends{0}}});
}

}  // namespace
}  // namespace quern::score
