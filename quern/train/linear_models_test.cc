// logistic.cc, linear.cc with ridge.cc and ridge_solver.cc. Reference values: scikit-learn 1.9
// (LogisticRegression solver newton-cholesky, Ridge solver cholesky) on the rows of small_sample.
#include <gtest/gtest.h>

#include <algorithm>

#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

struct Weights {
    std::vector<double> weights, intercepts;
};

std::vector<double> rising_weights() {
    std::vector<double> weights;
    for (int i = 0; i < 24; ++i) weights.push_back(1 + i % 3);
    return weights;
}

// Weights are read off the raw scores at the origin and at the unit rows.
void check(std::string_view learner, const Sample& sample, const std::string& settings,
           const Weights& want) {
    SCOPED_TRACE(settings);
    const auto fitted = fit(*find_learner(learner).value(), sample.input(settings_of(settings)));
    ASSERT_TRUE(fitted.ok());
    const std::vector<double> rows = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
    const auto raw = raw_scores(*fitted, {4, sample.columns, rows.data()});
    const size_t outputs = want.intercepts.size();
    ASSERT_EQ(raw.size(), 4 * outputs);
    for (size_t k = 0; k < outputs; ++k) {
        EXPECT_NEAR(raw[k], want.intercepts[k], 1e-8);
        for (size_t j = 0; j < 3; ++j) {
            EXPECT_NEAR(raw[(j + 1) * outputs + k] - raw[k], want.weights[k * 3 + j], 1e-8);
        }
    }
}

TEST(Logistic, EqualsScikitLearn) {
    Sample sample = small_sample(Task::classify, 2);
    check("logistic", sample, "{C: 1, tol: 1e-12}",
          {{1.60319222579, 1.32379398487, 0.494936518994}, {0.364624566774}});
    check("logistic", sample, "{C: 0.1, tol: 1e-12}",
          {{0.405257125829, 0.345087295696, 0.209384358376}, {0.356770330503}});
    sample.weights = rising_weights();
    check("logistic", sample, "{C: 1, tol: 1e-12}",
          {{1.9924620181, 1.81751183476, 0.783783434838}, {0.307142700226}});
    check("logistic", sample, "{C: 0.1, tol: 1e-12}",
          {{0.638400356161, 0.58913180669, 0.362611501878}, {0.369422757232}});
}

TEST(Logistic, OfThreeClassesEqualsScikitLearn) {
    check("logistic", small_sample(Task::classify, 3), "{tol: 1e-12}",
          {{-0.146778288199, -0.182361576282, -0.130543431765, 0.0163186884345, -0.0530172725561,
            -0.0415659968565, 0.130459599764, 0.235378848838, 0.172109428621},
           {-0.135304733107, 0.145352932567, -0.0100481994601}});
}

// Steps below the reach of doubles once moved all intercepts by 1.15 together.
TEST(Logistic, OfManyClassesHasInterceptsWhoseSumIsZero) {
    Sample sample = small_sample(Task::classify, 3);
    Sample some{.class_count = 3, .columns = sample.columns};
    const std::vector<int> left_out = {1, 5, 7, 12, 13, 17, 21, 23};
    for (int row = 0; row < 24; ++row) {
        if (std::ranges::find(left_out, row) != left_out.end()) continue;
        const double* values = sample.lesson().matrix.row(static_cast<size_t>(row));
        some.values.insert(some.values.end(), values, values + 3);
        some.targets.push_back(sample.targets[static_cast<size_t>(row)]);
    }
    for (const char* tol : {"1e-6", "1e-12", "1e-15"}) {
        const auto settings = settings_of(std::string("tol: ") + tol);
        const auto fitted = fit(*find_learner("logistic").value(), some.input(settings)).value();
        const std::vector<double> origin(3);
        const auto raw = raw_scores(fitted, {1, some.columns, origin.data()});
        EXPECT_NEAR(raw[0] + raw[1] + raw[2], 0, 1e-14) << tol;
    }
}

TEST(Logistic, SeparableRowsAndTwinColumnsAreHeldByThePenalty) {
    Sample sample{.columns = {{.name = "a"}, {.name = "twin of a"}}};
    for (int i = -20; i < 20; ++i) {
        sample.values.insert(sample.values.end(), {i + 0.5, i + 0.5});
        sample.targets.push_back(i >= 0);
    }
    const auto fitted = fit(*find_learner("logistic").value(), sample.input()).value();
    EXPECT_TRUE(fitted.notes.empty());
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    for (size_t i = 0; i < raw.size(); ++i) EXPECT_EQ(raw[i] > 0, sample.targets[i] == 1);
    EXPECT_NEAR(fitted.importance[0], 0.5, 1e-9);
}

TEST(Logistic, SaysWhenItDidNotConverge) {
    const auto fitted =
        fit(*find_learner("logistic").value(),
            small_sample(Task::classify, 2).input(settings_of("{max_iter: 1, tol: 1e-12}")))
            .value();
    ASSERT_EQ(fitted.notes.size(), 1);
    EXPECT_NE(fitted.notes[0].find("max_iter"), std::string::npos);
}

TEST(Linear, EqualsScikitLearn) {
    Sample sample = small_sample(Task::regress, 0);
    check("linear", sample, "{alpha: 1}",
          {{1.89001972885, -0.936761033059, 0.303492728845}, {100.380144667}});
    check("linear", sample, "{alpha: 0}",
          {{2.11470429301, -1.08465285831, 0.30051666841}, {100.386788808}});
    sample.weights = rising_weights();
    check("linear", sample, "{alpha: 1}",
          {{2.00459636457, -1.05288891746, 0.28816249176}, {100.390909188}});
    check("linear", sample, "{alpha: 0}",
          {{2.12194961015, -1.14088892765, 0.290249975936}, {100.403438211}});
}

TEST(LinearModels, KeepTheMeansThatExplain) {
    Sample sample{.task = Task::regress, .class_count = 0};
    sample.columns = {{.name = "a"}, {.name = "b"}};
    sample.values = {1, 10, 2, 20, 6, 30};
    sample.targets = {0, 1, 1};
    const std::vector<double> plain = {3, 20};
    EXPECT_EQ(column_means(sample.lesson()), plain);
    const auto means_of = [&](const char* learner) {
        const auto fitted = fit(*find_learner(learner).value(), sample.input()).value();
        return std::get<std::vector<double>>(fitted.model.learned.at("means"));
    };
    EXPECT_EQ(means_of("linear"), plain);
    sample.weights = {1, 1, 2};
    EXPECT_EQ(means_of("linear"), (std::vector<double>{3.75, 22.5}));
    sample.task = Task::classify;
    sample.class_count = 2;
    EXPECT_EQ(means_of("logistic"), (std::vector<double>{3.75, 22.5}));
}

TEST(Linear, MoreColumnsThanRowsAreHeldByThePenalty) {
    Sample sample{.task = Task::regress, .class_count = 0};
    for (int j = 0; j < 40; ++j) sample.columns.push_back({.name = "c" + std::to_string(j)});
    for (int i = 0; i < 10; ++i) {
        for (int j = 0; j < 40; ++j)
            sample.values.push_back((i * i * 17 + i * j * j * 5 + j) % 23 - 11);
        sample.targets.push_back(i * i % 7);
    }
    const auto fitted = fit(*find_learner("linear").value(), sample.input()).value();
    const auto raw = raw_scores(fitted, sample.lesson().matrix);
    for (size_t i = 0; i < raw.size(); ++i) EXPECT_NEAR(raw[i], sample.targets[i], 0.5);
}

}  // namespace
}  // namespace quern::train
