// Covers all selectors, lasso.cc and nearest_points.cc.
// Literals: tests/reference/feature_selectors.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quern/train/lasso.h"
#include "quern/train/sample_for_test.h"
#include "quern/train/selector.h"

namespace quern::train {
namespace {

const double kNan = std::nan("");

// 60 rows: four numbers in [0, 1) and one that is 0, 1 or 2. The first says most of the target, the
// second some, the others next to nothing. `class_count` 0: the target is a number.
Sample rows(int32_t class_count) {
    Sample sample{.task = class_count == 0 ? Task::regress : Task::classify,
                  .class_count = class_count};
    for (const char* name : {"a", "b", "c", "d", "e"}) sample.columns.push_back({.name = name});
    uint64_t state = 12345;
    for (int row = 0; row < 60; ++row) {
        double x[5];
        for (double& value : x) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            value = static_cast<double>(state >> 11) * 0x1.0p-53;
        }
        x[4] = std::floor(x[4] * 3);
        sample.values.insert(sample.values.end(), x, x + 5);
        const double value = 3 * x[0] - 2 * x[1] * x[1] + 0.1 * x[2];
        sample.targets.push_back(class_count == 0 ? value
                                 : class_count == 2
                                     ? (value > 0.8 ? 1 : 0)
                                     : std::min(2.0, std::floor(std::max(0.0, value))));
    }
    return sample;
}

// Each column of mean 0 and mean square 1.
Sample standardised(Sample sample) {
    for (size_t j = 0; j < 5; ++j) {
        double mean = 0, squares = 0;
        for (size_t row = 0; row < 60; ++row) mean += sample.values[row * 5 + j] / 60;
        for (size_t row = 0; row < 60; ++row)
            squares += std::pow(sample.values[row * 5 + j] - mean, 2) / 60;
        for (size_t row = 0; row < 60; ++row)
            sample.values[row * 5 + j] = (sample.values[row * 5 + j] - mean) / std::sqrt(squares);
    }
    return sample;
}

Result<Selected> run(const std::string& name, const std::string& settings, const Sample& sample,
                     const std::string& learner = "gbdt") {
    // Least squares without a penalty, as the reference's.
    const auto input = sample.input(learner == "linear" ? settings_of("alpha: 0") : Tree());
    const SelectorInput asked{input, *find_learner(learner).value(),
                              settings.empty() ? Tree() : settings_of(settings)};
    return select(*Registry<Selector>::of_kind().find(name).value(), asked);
}

void check(const std::string& name, const std::string& settings, const Sample& sample,
           const std::vector<double>& scores, const std::vector<uint8_t>& is_kept,
           double margin = 1e-12, const std::string& learner = "gbdt") {
    SCOPED_TRACE(name + " " + settings);
    const auto selected = run(name, settings, sample, learner);
    ASSERT_TRUE(selected.ok()) << selected.status().text();
    EXPECT_EQ(selected->is_kept, is_kept);
    for (size_t i = 0; i < scores.size(); ++i)
        EXPECT_NEAR(selected->scores[i], scores[i], margin * std::max(1.0, scores[i])) << i;
}

TEST(Selectors, Variance) {
    const std::vector<double> variances = {0.10184582937206695, 0.07682028832581637,
                                           0.08987704011971426, 0.08412586937258014,
                                           0.6900000000000003};
    check("variance", "", rows(2), variances, {1, 1, 1, 1, 1});
    check("variance", "threshold: 0.085", rows(2), variances, {1, 0, 1, 0, 1});
    auto gaps = rows(2);
    for (size_t row = 0; row < 60; ++row) {
        gaps.values[row * 5] = row % 2 == 0 ? kNan : 7;  // the same wherever it is there
        gaps.values[row * 5 + 4] = 1e9 + 0.1;            // without a rounding that looks like it
    }
    check("variance", "", gaps, {0}, {0, 1, 1, 1, 0});
}

TEST(Selectors, ChiSquare) {
    check("chi_square", "keep: 2", rows(2),
          {6.796090746876336, 0.9266203084772408, 0.014499256050202348, 0.362590266771632,
           0.5454545454545454},
          {1, 1, 0, 0, 0});
    check("chi_square", "keep: 0.6", rows(3),
          {7.732103554339824, 1.9877519671918409, 0.19309159234864737, 1.092470382747864,
           0.2190839463566742},
          {1, 1, 0, 1, 0});
    auto below = rows(2);
    below.values[1] = -1;
    EXPECT_EQ(run("chi_square", "", below).status().message(),
              "`select` by chi_square counts, and column 'b' is below 0");
}

TEST(Selectors, Anova) {
    check("anova", "keep: 3", rows(2),
          {77.66869031204169, 6.256700047728228, 0.07449151329521662, 2.26533516675712,
           0.8529411764706004},
          {1, 1, 0, 1, 0});
    check("anova", "keep: 1", rows(3),
          {53.24050225602881, 7.524666653335503, 0.4952980325558278, 3.6400275007854925,
           0.16687189776740965},
          {1, 0, 0, 0, 0});
    check("anova", "keep: 100", rows(0),
          {151.54686106380663, 13.394671907883462, 0.1330162599113069, 5.644086447049334,
           0.01668383574622595},
          {1, 1, 1, 1, 1});
    auto same = rows(2);
    for (size_t row = 0; row < 60; ++row) same.values[row * 5] = 3;
    check("anova", "keep: 1", same, {0}, {0, 1, 0, 0, 0});
}

TEST(Selectors, MutualInformationOfClasses) {
    auto sample = rows(3);
    const std::vector<double> of_numbers = {0.5078442816612896, 0.14974036851021766,
                                            0.022392573501506474, 0.004879518006070116};
    check("mutual_information", "keep: 2", sample, of_numbers, {1, 1, 0, 0, 0});
    check("mutual_information", "{keep: 2, neighbors: 5}", sample,
          {0.4892253243189546, 0.18194158198004118, 0, 0.025329782871887918}, {1, 1, 0, 0, 0});
    // Equal values get a noise: 200 seeds of scikit-learn give 0.014 with a deviation of 0.029.
    EXPECT_NEAR(run("mutual_information", "", sample)->scores[4], 0.014, 0.09);
    sample.columns[4].is_category = true;
    EXPECT_NEAR(run("mutual_information", "", sample)->scores[4], 0.019288457351439497, 1e-12);
}

TEST(Selectors, MutualInformationOfNumbers) {
    auto sample = rows(0);
    sample.columns[4].is_category = true;
    check("mutual_information", "keep: 2", sample,
          {0.7426019463641333, 0.20940156217859052, 0, 0.0033772380324856854, 0}, {1, 1, 0, 0, 0});
    for (size_t row = 0; row < 60; row += 3) sample.values[row * 5] = kNan;  // those do not count
    EXPECT_GT(run("mutual_information", "", sample)->scores[0], 0.4);
}

TEST(Selectors, L1) {
    check("l1", "alpha: 0.1", rows(0), {0.7845493943278825, 0.40007497617071064, 0, 0, 0},
          {1, 1, 0, 0, 0}, 1e-9);
    check("l1", "alpha: 0.05", rows(2), {2.315406273973908, 1.0822865851563597, 0, 0, 0},
          {1, 1, 0, 0, 0}, 1e-6);  // as far as saga comes
    check("l1", "{alpha: 0.05, keep: 2}", rows(3),
          {4.841187436697097, 2.044865011253261, 0, 0.29158862865359647, 0}, {1, 1, 0, 0, 0}, 1e-6);
    EXPECT_EQ(run("l1", "alpha: 100", rows(2)).status().message(),
              "`select` by l1 keeps no column");
}

// What tells the least from any other: no pull of a column without a weight is above the penalty,
// those of the others are the penalty.
TEST(Lasso, EndsWhereNoWeightWantsToMove) {
    constexpr double kAlpha = 0.02;
    const auto sample = standardised(rows(2));
    LassoColumns columns(5);
    for (size_t j = 0; j < 5; ++j)
        for (size_t row = 0; row < 60; ++row) columns[j].push_back(sample.values[row * 5 + j]);
    const auto weights = logistic_lasso(columns, sample.targets, {.alpha = kAlpha}).value();
    double intercept = 0;  // where the residuals' mean is 0
    std::vector<double> off(60);
    for (int round = 0; round < 200; ++round) {
        double sum = 0, curve = 0;
        for (size_t row = 0; row < 60; ++row) {
            double raw = intercept;
            for (size_t j = 0; j < 5; ++j) raw += weights[j] * columns[j][row];
            const double p = 1 / (1 + std::exp(-raw));
            off[row] = sample.targets[row] - p;
            sum += off[row];
            curve += p * (1 - p);
        }
        intercept += sum / curve;
    }
    for (size_t j = 0; j < 5; ++j) {
        double pull = 0;
        for (size_t row = 0; row < 60; ++row) pull += columns[j][row] * off[row] / 60;
        if (weights[j] == 0)
            EXPECT_LE(std::abs(pull), kAlpha + 1e-12);
        else
            EXPECT_NEAR(pull, std::copysign(kAlpha, weights[j]), 1e-9);
    }
}

TEST(Selectors, ImportanceKeepsWhatTreesGainBy) {
    auto sample = mixed_sample(Task::classify, 2, 600, false);
    const auto above_mean = run("importance", "", sample);
    ASSERT_TRUE(above_mean.ok()) << above_mean.status().text();
    for (size_t i = 0; i < sample.columns.size(); ++i)
        EXPECT_EQ(above_mean->is_kept[i], above_mean->scores[i] >= 1.0 / 6) << i;
    const auto three = run("importance", "keep: 3", sample);
    ASSERT_TRUE(three.ok());
    EXPECT_EQ(std::ranges::count(three->is_kept, 1), 3);
    EXPECT_EQ(three->scores, above_mean->scores);
}

// Ranks are 1 - score.
TEST(Selectors, Recursive) {
    const auto sample = standardised(rows(0));  // so that the weights can be compared
    const auto ranks = [&](const std::string& settings) {
        const auto selected = run("recursive", settings, sample, "linear");
        EXPECT_TRUE(selected.ok()) << selected.status().text();
        std::vector<int> all;
        for (const double score : selected->scores) all.push_back(static_cast<int>(1 - score));
        return all;
    };
    EXPECT_EQ(ranks("keep: 1"), (std::vector<int>{1, 2, 5, 3, 4}));
    EXPECT_EQ(ranks("{keep: 1, step: 2}"), (std::vector<int>{1, 2, 3, 2, 3}));
    EXPECT_EQ(ranks("{keep: 1, step: 0.4}"), (std::vector<int>{1, 2, 3, 2, 3}));
    EXPECT_EQ(ranks("keep: 0.4"), (std::vector<int>{1, 1, 4, 2, 3}));
    EXPECT_EQ(run("recursive", "keep: 1", sample, "baseline").status().message(),
              "`select` by recursive asks the learner which columns matter, and baseline does not "
              "tell");
}

// f(selector) for each, with its name in what fails.
template <class F>
void for_all(F f) {
    ASSERT_EQ(Registry<Selector>::of_kind().all().size(), 7);
    for (const auto& selector : Registry<Selector>::of_kind().all()) {
        SCOPED_TRACE(std::string(selector.name));
        f(selector);
    }
}

TEST(SelectorContract, AllAreDocumentedAndRefuseWhatTheyDoNotKnow) {
    for_all([](const Selector& selector) {
        EXPECT_TRUE(selector.summary.ends_with(".")) << selector.summary;
        EXPECT_FALSE(selector.reference.empty());
        EXPECT_FALSE(selector.measure.empty());
        EXPECT_NE(selector.example.find("method: " + std::string(selector.name)),
                  std::string_view::npos);
        EXPECT_FALSE(check_select(selector.name, settings_of("nothing: 1"), false).ok());
        for (const auto& param : selector.params) {
            EXPECT_FALSE(param.doc.empty());
            EXPECT_FALSE(check_select(selector.name, settings_of(param.name + ": -1"), false).ok());
        }
        EXPECT_EQ(check_select(selector.name, {}, true).ok(), selector.is_for_regress);
    });
}

TEST(SelectorContract, TakesGapsAndCategoriesAndGivesTheSameAgain) {
    for_all([](const Selector& selector) {
        for (const Task task : {Task::classify, Task::regress}) {
            if (task == Task::regress && !selector.is_for_regress) continue;
            auto sample = mixed_sample(task, 2, 300, false);
            for (double& value : sample.values) value = std::abs(value);
            sample.values[3] = INFINITY;
            const auto one = run(std::string(selector.name), "", sample);
            ASSERT_TRUE(one.ok()) << one.status().text();
            const auto two = run(std::string(selector.name), "", sample);
            EXPECT_EQ(one->scores, two->scores);
            EXPECT_EQ(one->is_kept, two->is_kept);
            EXPECT_EQ(one->scores.size(), 6);
            for (const double score : one->scores) EXPECT_FALSE(std::isnan(score));
        }
    });
}

}  // namespace
}  // namespace quern::train
