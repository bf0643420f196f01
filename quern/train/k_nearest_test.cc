// Reference values: scikit-learn 1.9, KNeighborsClassifier and KNeighborsRegressor, on the rows of
// small_sample.
#include <gtest/gtest.h>

#include "quern/train/sample_for_test.h"

namespace quern::train {
namespace {

void check(const Sample& sample, const std::string& weights, const std::vector<double>& want) {
    SCOPED_TRACE(weights + ", " + std::to_string(sample.class_count));
    const auto fitted = fit(*find_learner("k_nearest").value(),
                            sample.input(settings_of("{neighbors: 5, weights: " + weights + "}")));
    ASSERT_TRUE(fitted.ok());
    const std::vector<double> rows = {.03, -.41, .27, 1.13, .19, -1.5, -.8, -.5, 1.5};
    const auto found = raw_scores(*fitted, {3, sample.columns, rows.data()});
    ASSERT_EQ(found.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(found[i], want[i], 1e-9 * (1 + want[i]));
}

TEST(KNearest, EqualsScikitLearn) {
    const Sample two = small_sample(Task::classify, 2), three = small_sample(Task::classify, 3);
    const Sample value = small_sample(Task::regress, 0);
    check(two, "uniform", {0.4, 0.6, 0.2, 0.8, 0.6, 0.4});
    check(two, "distance",
          {0.365786004941, 0.634213995059, 0.194724908612, 0.805275091388, 0.725454736712,
           0.274545263288});
    check(three, "uniform", {0, 0.4, 0.6, 0, 0.6, 0.4, 0.2, 0.4, 0.4});
    check(three, "distance",
          {0, 0.358080367919, 0.641919632081, 0, 0.67544274205, 0.32455725795, 0.125154906808,
           0.420460911152, 0.45438418204});
    check(value, "uniform", {100.483333333, 100.956666667, 100.99});
    check(value, "distance", {100.677064685, 100.769597518, 100.967488013});
}

TEST(KNearest, CountsTheVotesOfHeavyRowsAndLeavesOutThoseOfNoWeight) {
    Sample sample{.columns = {{.name = "a"}}, .values = {0, 1, 2, 3}, .targets = {0, 0, 1, 1}};
    sample.weights = {1, 0, 3, 1};
    const auto fitted =
        fit(*find_learner("k_nearest").value(), sample.input(settings_of("neighbors: 2"))).value();
    const std::vector<double> row = {1};
    EXPECT_EQ(raw_scores(fitted, {1, sample.columns, row.data()}), (std::vector{0.25, 0.75}));
}

TEST(KNearest, SaysWhatItCannotKeep) {
    const auto status_of = [](const Sample& sample, const std::string& settings) {
        return fit(*find_learner("k_nearest").value(), sample.input(settings_of(settings)))
            .status()
            .text();
    };
    const Sample small = small_sample(Task::regress, 0);
    EXPECT_NE(status_of(small, "neighbors: 25").find("lower `neighbors`"), std::string::npos);
    Sample large{.task = Task::regress};
    large.columns.resize(100);
    large.values.resize(250'000);
    large.targets.resize(2'500);
    const auto text = status_of(large, "size_mb_max: 1");
    EXPECT_NE(text.find("2,500 rows of 100 columns are 2 MB, and size_mb_max is 1"),
              std::string::npos)
        << text;
}

}  // namespace
}  // namespace quern::train
