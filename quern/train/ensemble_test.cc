// ensemble.cc, stack.cc, blend.cc. Reference values: scikit-learn 1.9, StackingClassifier
// (stack_method decision_function) and StackingRegressor with the same parts of the rows,
// VotingClassifier (soft) and VotingRegressor, on the rows of small_sample.
#include "quern/train/ensemble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

const std::vector<double> kAsked = {.03, -.41, .27, 1.13, .19, -1.5, -.8, -.5, 1.5};

Result<Fitted> fit_with(std::string_view learner, const Sample& sample,
                        const std::string& settings) {
    return fit(*find_learner(learner).value(), sample.input(settings_of(settings)));
}

void check(std::string_view learner, const Sample& sample, const std::string& settings,
           const std::vector<double>& want) {
    SCOPED_TRACE(std::string(learner) + ": " + settings);
    const auto fitted = fit_with(learner, sample, settings);
    ASSERT_TRUE(fitted.ok()) << fitted.status().text();
    const auto found = raw_scores(*fitted, {3, sample.columns, kAsked.data()});
    ASSERT_EQ(found.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(found[i], want[i], 1e-7) << i;
}

constexpr char kLogistics[] = "of: [{logistic: {tol: 1e-12}}, {logistic: {C: 0.05, tol: 1e-12}}]\n";
constexpr char kLinears[] = "of: [{linear: {alpha: 1}}, {linear: {alpha: 100}}]\n";

TEST(Stack, EqualsScikitLearn) {
    const std::string end = "final: {logistic: {C: 0.5, tol: 1e-12}}\nfolds: 3\n";
    check("stack", small_sample(Task::classify, 2), kLogistics + end,
          {0.00411882833886, 2.18643363252, -1.08521011463});
    check("stack", small_sample(Task::classify, 3), kLogistics + end,
          {-0.100232613322, 0.0769498970716, 0.0232827162508, -0.0837575629603, 0.0482748274815,
           0.0354827354787, -0.111863233169, 0.0994509765953, 0.0124122565738});
    check("stack", small_sample(Task::regress, 0), kLinears + std::string("folds: 3\n"),
          {100.970149551, 102.154526327, 99.6483104404});
}

TEST(Blend, EqualsScikitLearn) {
    const std::string weights = "weights: [3, 1]\n";
    check("blend", small_sample(Task::classify, 2), kLogistics + weights,
          {0.480097957744, 0.519902042256, 0.215460745642, 0.784539254358, 0.631573415892,
           0.368426584108});
    check("blend", small_sample(Task::classify, 3), kLogistics + weights,
          {0.297584715299, 0.384352702182, 0.318062582519, 0.289770958021, 0.402650540838,
           0.307578501141, 0.290821890524, 0.366134754981, 0.343043354495});
    check("blend", small_sample(Task::regress, 0), kLinears + weights,
          {100.773341552, 101.504749337, 99.9351840017});
}

TEST(Blend, LeavesOutWhatHelpsNot) {
    const Sample sample = mixed_sample(Task::regress, 0, 400, true);
    const auto fitted = fit_with("blend", sample, "of: [baseline, gbdt]\nfolds: 3").value();
    ASSERT_FALSE(fitted.notes.empty());
    EXPECT_EQ(fitted.notes[0], "the blend is of 0 % baseline, 100 % gbdt");
    const auto alone = fit_with("gbdt", sample, "").value();
    EXPECT_EQ(raw_scores(fitted, sample.lesson().matrix),
              raw_scores(alone, sample.lesson().matrix));
}

// Each row of a group would tell a neighbour the target of the others.
TEST(Stack, KeepsGroupsTogether) {
    Sample sample{.task = Task::regress, .columns = {{.name = "a"}}};
    std::vector<uint64_t> groups;
    for (int i = 0; i < 200; ++i) {
        sample.values.push_back(i / 4);
        sample.targets.push_back((i / 4 * 37) % 11);
        groups.push_back(static_cast<uint64_t>(i / 4));
    }
    FitInput input = sample.input();
    const auto members = read_members({settings_of("k_nearest: {neighbors: 1}")}).value();
    const auto error_of = [&](const FitInput& of) {
        const auto scores = cross_scores(of, members, 5, true).value();
        double sum = 0;
        for (size_t i = 0; i < scores.targets.size(); ++i)
            sum += std::abs(scores.values[i] - scores.targets[i]);
        return sum;
    };
    EXPECT_EQ(error_of(input), 0);
    input.groups = groups;
    EXPECT_GT(error_of(input), 200);
}

// The target is the number of the row; what comes later can only be told from what was before.
TEST(Stack, LearnsFromTheRowsBefore) {
    Sample sample{.task = Task::regress, .columns = {{.name = "a"}}};
    std::vector<double> times;
    for (int i = 0; i < 120; ++i) {
        times.push_back(i * 7 % 120);
        sample.values.push_back(times.back());
        sample.targets.push_back(times.back());
    }
    FitInput input = sample.input();
    const auto members = read_members({settings_of("k_nearest: {neighbors: 1}")}).value();
    EXPECT_EQ(cross_scores(input, members, 5, true)->targets.size(), 120u);
    input.times = times;
    const auto scores = cross_scores(input, members, 5, true).value();
    ASSERT_EQ(scores.targets.size(), 100u) << "the first of six parts only teaches";
    for (size_t i = 0; i < 100; ++i) {
        const int part = static_cast<int>(scores.targets[i]) / 20;
        EXPECT_EQ(scores.values[i], part * 20 - 1) << "the last row before the part";
        EXPECT_EQ(scores.times[i], scores.targets[i]);
    }
    input.settings = settings_of("of: [linear, {k_nearest: {neighbors: 1}}]");
    const auto blend = fit(*find_learner("blend").value(), input).value();
    EXPECT_EQ(blend.notes[0], "the blend is of 100 % linear, 0 % k_nearest");
    EXPECT_TRUE(fit(*find_learner("stack").value(), input).ok());
    std::fill_n(times.begin(), 100, 5.0);
    const auto same = fit(*find_learner("stack").value(), input);
    EXPECT_NE(same.status().text().find("too many rows share one time"), std::string::npos);
}

TEST(Ensembles, SayWhatIsWrongWithTheirMembers) {
    const auto text_of = [](std::string_view learner, const std::string& settings) {
        return find_learner(learner).value()->check_settings(settings_of(settings)).text();
    };
    const auto has = [](const std::string& text, std::string_view part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    has(text_of("stack", "of: [gbdt, logistik]"), "did you mean 'logistic'");
    has(text_of("stack", "of: [gbdt, logistik]"), "models/x.yml:1:12");
    has(text_of("stack", "of: [{gbdt: {num_leafs: 3}}]"), "num_leafs");
    has(text_of("stack", "of: [stack]"), "cannot stand inside");
    has(text_of("stack", "final: blend"), "cannot stand inside");
    has(text_of("blend", "of: [[gbdt]]"), "must be one name");
    has(text_of("blend", "{of: [gbdt, linear, dart], weights: [1, 2]}"), "each of the 3");
    has(text_of("blend", "{of: [gbdt, linear], weights: [1, -2]}"), "weights");
    const auto status =
        fit_with("blend", small_sample(Task::classify, 2), "of: [gbdt, linear]").status();
    has(status.text(), "'linear' does not classify");
    has(fit_with("blend", small_sample(Task::regress, 0), "weights: [0, 0]").status().text(),
        "not all 0");
}

}  // namespace
}  // namespace quern::train
