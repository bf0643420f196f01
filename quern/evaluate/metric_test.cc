// accuracy.cc, precision_recall.cc, roc_auc.cc, pr_auc.cc, probability.cc and regression.cc.
// Reference values: scikit-learn 1.9, on the same arrays.
#include "quern/evaluate/metric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "quern/evaluate/confusion.h"
#include "quern/evaluate/ranking.h"
#include "quern/stats/random.h"

namespace quern::evaluate {
namespace {

struct Sample {
    Task task = Task::classify;
    int32_t class_count = 2;
    std::vector<int32_t> labels, predicted;
    std::vector<double> probabilities, targets, values, weights;

    Judged judged() const {
        return {.task = task,
                .class_count = class_count,
                .labels = labels,
                .predicted = predicted,
                .probabilities = probabilities,
                .targets = targets,
                .values = values,
                .weights = weights,
                .ranking = {}};
    }
};

Sample binary(std::vector<int32_t> labels, std::vector<double> probabilities,
              std::vector<double> weights = {}) {
    Sample sample;
    for (const double p : probabilities) sample.predicted.push_back(p >= 0.5);
    sample.labels = std::move(labels);
    sample.probabilities = std::move(probabilities);
    sample.weights = std::move(weights);
    return sample;
}

Sample tied(std::vector<double> weights = {}) {
    return binary({0, 1, 0, 1, 1, 0, 1, 0, 0, 1}, {.5, .5, .5, .7, .2, .2, .7, .7, .1, .9},
                  std::move(weights));
}

Sample three_classes(std::vector<double> weights = {}) {
    return {.class_count = 3,
            .labels = {0, 1, 2, 2, 1, 0, 2, 1},
            .predicted = {0, 1, 2, 0, 1, 0, 2, 0},
            .probabilities = {.7, .2, .1, .1, .6, .3, .2, .2, .6, .5, .25, .25,
                              .3, .4, .3, .4, .4, .2, .1, .1, .8, .6, .3,  .1},
            .targets = {},
            .values = {},
            .weights = std::move(weights)};
}

Sample numbers(std::vector<double> targets, std::vector<double> values,
               std::vector<double> weights = {}) {
    Sample sample;
    sample.task = Task::regress;
    sample.targets = std::move(targets);
    sample.values = std::move(values);
    sample.weights = std::move(weights);
    return sample;
}

double measure(const std::string& metric, const Sample& sample) {
    const auto* entry = Registry<Metric>::of_kind().find(metric).value();
    auto value = entry->compute(sample.judged());
    EXPECT_TRUE(value.ok()) << metric;
    return value.ok() ? *value : std::nan("");
}

void check(const Sample& sample, const std::map<std::string, double>& want) {
    for (const auto& [metric, value] : want) {
        const double margin = 1e-12 * std::max(1.0, std::abs(value));
        EXPECT_NEAR(measure(metric, sample), value, margin) << metric;
    }
}

TEST(Metrics, EqualScikitLearnWithTies) {
    check(tied(), {{"roc_auc", 0.74},
                   {"pr_auc", 0.7253968253968255},
                   {"log_loss", 0.6040066728947199},
                   {"brier", 0.21200000000000002},
                   {"accuracy", 0.6},
                   {"balanced_accuracy", 0.6000000000000001},
                   {"precision", 0.5714285714285714},
                   {"recall", 0.8},
                   {"f1", 0.6666666666666666}});
}

TEST(Metrics, EqualScikitLearnWithWeights) {
    check(tied({1, 2, .5, 1, 3, 1, 0, 2, 1, .25}), {{"roc_auc", 0.4618181818181818},
                                                    {"pr_auc", 0.5346823030543961},
                                                    {"log_loss", 0.8828760525735495},
                                                    {"brier", 0.3334042553191489},
                                                    {"accuracy", 0.44680851063829785},
                                                    {"balanced_accuracy", 0.44181818181818183},
                                                    {"precision", 0.48148148148148145},
                                                    {"recall", 0.52},
                                                    {"f1", 0.5}});
}

TEST(Metrics, EqualScikitLearnsDocumentation) {
    check(binary({0, 0, 1, 1}, {.1, .4, .35, .8}), {{"roc_auc", 0.75},
                                                    {"pr_auc", 0.8333333333333333},
                                                    {"log_loss", 0.47228795380917615},
                                                    {"brier", 0.15812500000000002}});
    check(numbers({3, -.5, 2, 7}, {2.5, 0, 2, 8}), {{"mae", 0.5},
                                                    {"rmse", 0.6123724356957945},
                                                    {"r2", 0.9486081370449679},
                                                    {"mape", 0.3273809523809524}});
}

TEST(Metrics, OneScoreForAllRowsKnowsNothing) {
    check(binary({0, 1, 1}, {.3, .3, .3}), {{"roc_auc", 0.5}, {"pr_auc", 0.6666666666666666}});
}

TEST(Metrics, SureAndWrongIsClippedAsInScikitLearn) {
    check(binary({0, 1, 1}, {1, 0, 1}), {{"log_loss", 24.029102259411435}, {"brier", 2.0 / 3}});
}

TEST(Metrics, DivisionByZeroIsZero) {
    check(binary({0, 1}, {0, 0}), {{"precision", 0}, {"recall", 0}, {"f1", 0}});
    check(binary({0, 0}, {.1, .2}), {{"precision", 0}, {"recall", 0}, {"f1", 0}, {"pr_auc", 0}});
}

TEST(Metrics, OneClassHasAccuracyButNoRocAuc) {
    const Sample sample = binary({1, 1}, {.9, .1});
    check(sample, {{"accuracy", 0.5}, {"balanced_accuracy", 0.5}});
    const auto* roc_auc = Registry<Metric>::of_kind().find("roc_auc").value();
    EXPECT_EQ(roc_auc->compute(sample.judged()).status().code(), Code::failed_precondition);
}

TEST(Metrics, EqualScikitLearnWithThreeClasses) {
    check(three_classes(), {{"roc_auc", 0.8666666666666667},
                            {"pr_auc", 0.8074074074074075},
                            {"log_loss", 0.7530397964973825},
                            {"brier", 0.441875},
                            {"accuracy", 0.75},
                            {"balanced_accuracy", 0.7777777777777777},
                            {"precision", 0.8333333333333334},
                            {"recall", 0.7777777777777777},
                            {"f1", 0.7555555555555555}});
    check(three_classes({1, 2, 1, .5, 3, 1, 1, 2}), {{"roc_auc", 0.882066276803119},
                                                     {"pr_auc", 0.8272486772486772},
                                                     {"log_loss", 0.7720479202834218},
                                                     {"brier", 0.4606521739130434},
                                                     {"accuracy", 0.782608695652174},
                                                     {"balanced_accuracy", 0.8380952380952381},
                                                     {"precision", 0.8148148148148149},
                                                     {"recall", 0.8380952380952381},
                                                     {"f1", 0.7792022792022792}});
}

TEST(Metrics, ClassesThatNeverOccurDoNotPullTheMeanDown) {
    Sample sample;
    sample.class_count = 4;
    sample.labels = {0, 1, 1, 0};
    sample.predicted = {0, 1, 2, 0};
    check(sample, {{"precision", 0.6666666666666666},
                   {"recall", 0.5},
                   {"f1", 0.5555555555555555},
                   {"balanced_accuracy", 0.75}});
}

TEST(Metrics, EqualScikitLearnOnNumbersWithWeights) {
    check(numbers({3, -.5, 2, 7}, {2.5, 0, 2, 8}, {1, .5, 2, .25}),
          {{"mae", 0.26666666666666666},
           {"rmse", 0.408248290463863},
           {"r2", 0.9381698268755152},
           {"mape", 0.18730158730158727}});
}

TEST(Metrics, ConstantAndZeroTargetsAreAsInScikitLearn) {
    check(numbers({2, 2, 2}, {2, 2, 2}), {{"r2", 1}});
    check(numbers({2, 2, 2}, {2, 3, 2}), {{"r2", 0}});
    check(numbers({0, 2}, {1, 2}), {{"mape", 2251799813685248.0}});
}

TEST(ConfusionMatrix, CountsWeights) {
    const auto matrix = confusion_matrix(three_classes({1, 2, 1, .5, 3, 1, 1, 2}).judged());
    EXPECT_EQ(matrix.counts, (std::vector<double>{2, 0, 0, 2, 5, 0, .5, 0, 2}));
    EXPECT_EQ(matrix.truth_total(1), 7);
    EXPECT_EQ(matrix.chosen_total(0), 4.5);
}

Estimate estimate_of(const std::string& metric, const Sample& sample) {
    auto estimates = estimate(sample.judged(), std::vector<std::string>{metric}, {}, nullptr);
    EXPECT_TRUE(estimates.ok());
    EXPECT_EQ(estimates->size(), 1);
    return estimates->front();
}

TEST(Intervals, RocAucIsDeLongs) {
    // From the definition: variances of the placements of 5 positives and 5 negatives.
    const Estimate got = estimate_of("roc_auc", tied());
    EXPECT_EQ(got.interval_method, "DeLong");
    EXPECT_NEAR(got.low, 0.41675445877339584, 1e-12);
    EXPECT_EQ(got.high, 1);
}

TEST(Intervals, PrAucIsBoydsLogit) {
    const Estimate got = estimate_of("pr_auc", tied());
    EXPECT_EQ(got.interval_method, "logit");
    EXPECT_NEAR(got.low, 0.2704141647500128, 1e-12);
    EXPECT_NEAR(got.high, 0.949564390974543, 1e-12);
}

TEST(Intervals, WeightsOfOneChangeNothing) {
    const auto plain = estimate(tied().judged(), {}, {}, nullptr).value();
    const Sample weighted = tied(std::vector<double>(10, 1.0));
    const auto same = estimate(weighted.judged(), {}, {}, nullptr).value();
    ASSERT_EQ(plain.size(), same.size());
    for (size_t i = 0; i < plain.size(); ++i) {
        EXPECT_NEAR(plain[i].low, same[i].low, 1e-12) << plain[i].metric;
        EXPECT_NEAR(plain[i].high, same[i].high, 1e-12) << plain[i].metric;
    }
}

// A thousand draws of a model whose true accuracy, recall, ... are known: a 95 % interval must
// hold the truth in about 95 % of them.
Sample draw_sample(stats::Random& random, size_t row_count) {
    Sample sample;
    for (size_t row = 0; row < row_count; ++row) {
        const int32_t label = random.uniform() < 0.4;
        const double score = label == 1 ? std::sqrt(random.uniform()) : random.uniform();
        sample.labels.push_back(label);
        sample.probabilities.push_back(score);
        sample.predicted.push_back(score >= 0.5);
    }
    return sample;
}

TEST(Intervals, HoldTheTruthAsOftenAsTheySay) {
    stats::Random random(7);
    const Sample population = draw_sample(random, 400'000);
    const std::vector<std::string> metrics = {
        "accuracy", "balanced_accuracy", "brier",  "f1",     "log_loss",
        "pr_auc",   "precision",         "recall", "roc_auc"};
    std::map<std::string, double> truths;
    for (const auto& metric : metrics) truths[metric] = measure(metric, population);
    std::map<std::string, int> held;
    constexpr int kDraws = 300;
    for (int draw = 0; draw < kDraws; ++draw) {
        const Sample sample = draw_sample(random, 400);
        const auto estimates = estimate(sample.judged(), metrics, {}, nullptr).value();
        for (const auto& got : estimates) {
            const double truth = truths[got.metric];
            held[got.metric] += got.low <= truth && truth <= got.high;
        }
        EXPECT_EQ(estimates.size(), metrics.size());
    }
    for (const auto& metric : metrics) {
        EXPECT_GE(held[metric], kDraws * 0.90) << metric;
        // Boyd's interval is known to be wide; the others must not buy cover with width.
        const double most = metric == "pr_auc" ? 1 : 0.99;
        EXPECT_LE(held[metric], kDraws * most) << metric;
    }
}

TEST(Intervals, OfClassesAndNumbersHoldTheirValue) {
    for (const Sample& sample : {three_classes(), numbers({3, -.5, 2, 7}, {2.5, 0, 2, 8})}) {
        const auto estimates = estimate(sample.judged(), {}, {}, nullptr).value();
        EXPECT_GE(estimates.size(), 4);
        for (const auto& got : estimates) {
            EXPECT_LE(got.low, got.value) << got.metric;
            EXPECT_GE(got.high, got.value) << got.metric;
            EXPECT_LT(got.low, got.high) << got.metric;
        }
    }
}

TEST(Intervals, DependOnTheSeedAlone) {
    const Sample sample = three_classes();
    const auto bounds = [&](uint64_t seed) {
        const std::vector<std::string> names = {"f1", "pr_auc"};
        auto got = estimate(sample.judged(), names, {.seed = seed}, nullptr).value();
        return std::vector<double>{got[0].low, got[0].high, got[1].low, got[1].high};
    };
    EXPECT_EQ(bounds(1), bounds(1));
    EXPECT_NE(bounds(1), bounds(2));
}

TEST(Estimate, LeavesOutWhatIsNotDefinedAndSaysWhy) {
    std::vector<std::string> notes;
    const auto got = estimate(binary({1, 1}, {.9, .1}).judged(), {}, {}, &notes).value();
    EXPECT_TRUE(std::ranges::none_of(got, [](auto& e) { return e.metric == "roc_auc"; }));
    ASSERT_EQ(notes.size(), 1);
    EXPECT_EQ(notes[0],
              "roc_auc is left out: roc_auc needs rows of every class, and 2 rows hold too few of "
              "them");
}

TEST(Estimate, RefusesWhatDoesNotFit) {
    const auto refused = [](const Sample& sample, std::vector<std::string> names,
                            std::string_view message) {
        auto got = estimate(sample.judged(), names, {}, nullptr);
        ASSERT_FALSE(got.ok()) << message;
        EXPECT_EQ(std::move(got).status().message(), message);
    };
    refused({}, {}, "there are no rows to judge");
    refused(tied(), {"rmse"}, "metric 'rmse' is not for classes as a target");
    refused(binary({0, 2}, {.1, .2}), {}, "a label is not one of the classes");
    refused(binary({0, 1}, {.1, std::nan("")}), {}, "a probability is not finite");
    refused(binary({0, 1}, {.1, .2, .3}), {}, "predictions and labels differ in number");
    refused(tied({1, 1}), {}, "weights and rows differ in number");
    refused(binary({0, 1}, {.1, .2}, {1, -1}), {}, "a weight is not a number of at least 0");
    refused(binary({0, 1}, {.1, .2}, {0, 0}), {}, "all weights are 0");
    refused(numbers({1, INFINITY}, {1, 2}), {}, "a target is not finite");
    auto unknown = estimate(tied().judged(), std::vector<std::string>{"roc_acu"}, {}, nullptr);
    EXPECT_EQ(std::move(unknown).status().code(), Code::not_found);
}

// What every entry gets tested for by being in the registry.
TEST(MetricContract, IsDocumentedAndMeasuresAPerfectModelBest) {
    const Sample perfect = binary({0, 1, 1, 0}, {0, 1, 1, 0});
    const Sample poor = binary({0, 1, 1, 0}, {1, 0, 1, 1});
    const Sample exact = numbers({1, 2, 4}, {1, 2, 4});
    const Sample off = numbers({1, 2, 4}, {4, 2, 1});
    EXPECT_GE(Registry<Metric>::of_kind().all().size(), 13);
    for (const auto& metric : Registry<Metric>::of_kind().all()) {
        SCOPED_TRACE(metric.name);
        EXPECT_TRUE(metric.summary.ends_with('.'));
        EXPECT_TRUE(metric.source.starts_with("sklearn.metrics."));
        EXPECT_FALSE(metric.interval_source.empty());
        EXPECT_TRUE(metric.is_for_classify != metric.is_for_regress);
        const double best = measure(metric.name, metric.is_for_classify ? perfect : exact);
        const double worse = measure(metric.name, metric.is_for_classify ? poor : off);
        EXPECT_GT(metric.higher_is_better ? best - worse : worse - best, 0);
        EXPECT_EQ(metric.interval == nullptr, metric.interval_method == "bootstrap");
    }
}

TEST(MetricContract, RowsOfWeightZeroCountAsAbsent) {
    const Sample with = binary({0, 1, 1, 0, 1, 0}, {.2, .9, .4, .6, 1, .7}, {1, 1, 1, 1, 0, 0});
    const Sample without = binary({0, 1, 1, 0}, {.2, .9, .4, .6});
    for (const auto& metric : Registry<Metric>::of_kind().all()) {
        if (!metric.is_for_classify) continue;
        EXPECT_NEAR(measure(metric.name, with), measure(metric.name, without), 1e-12)
            << metric.name;
    }
}

}  // namespace
}  // namespace quern::evaluate
