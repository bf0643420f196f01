// The examples' data, from the raw file to a judged program. Bars: LightGBM 4.7 in Python with the
// same settings reaches ROC AUC 0.927 on the census and R2 0.981 on the diamonds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "quern/score/artifact.h"
#include "quern/score/scorer.h"
#include "quern/sql/session.h"
#include "quern/train/fit_model.h"

namespace quern::train {
namespace {

struct Example {
    std::string query, target;
};

const Example kCensus = {
    "select * from read_csv('examples/income/data/adult.data', header = false, nullstr = ' ?', "
    "names = ['age', 'workclass', 'fnlwgt', 'education', 'education_num', 'marital', "
    "'occupation', 'relationship', 'race', 'sex', 'gain', 'loss', 'hours', 'country', 'income'])",
    "income"};
const Example kDiamonds = {"select * from 'examples/diamonds/data/diamonds.csv'", "price"};
const Example kPenguins = {
    "select * from read_csv('examples/penguins/data/penguins.csv', nullstr = 'NA')", "species"};

class RealData : public testing::Test {
protected:
    void use(const Example& example) {
        ASSERT_TRUE(session_->execute("create or replace table rows as " + example.query).ok())
            << "the examples' data is not there; run ./dev setup";
        model_ = {};
        model_.name = "example";
        model_.target.text = example.target;
        request_ = {.model = &model_, .schema = session_->columns_of("from rows").value()};
        for (const auto& [name, type] : request_.schema) {
            if (name == example.target) continue;
            const auto index = static_cast<uint32_t>(request_.features.inputs.size());
            request_.features.inputs.push_back({.name = name, .type = type});
            request_.features.expressions.push_back({.type = type, .input = index});
            request_.features.features.push_back({name, index});
        }
        request_.scan = [this](const Visit& visit) -> Status {
            auto reader = TRY(session_->query("from rows"));
            while (true) {
                const auto views = TRY(reader.next());
                if (!views) return {};
                TRY(visit({views->columns, views->row_count}));
            }
        };
    }

    TrainedModel must_fit(std::string_view algorithm) {
        model_.algorithm.name = algorithm;
        auto trained = fit_model(request_);
        EXPECT_TRUE(trained.ok()) << (trained.ok() ? "" : trained.status().text());
        return std::move(trained).value();
    }

    static evaluate::Estimate estimate_of(const TrainedModel& trained, const std::string& metric) {
        return *std::ranges::find(trained.estimates, metric, &evaluate::Estimate::metric);
    }

    std::optional<sql::Session> session_ = sql::Database::open({})->connect().value();
    project::Model model_;
    TrainingRequest request_;
};

TEST_F(RealData, CensusIsLearned) {
    use(kCensus);
    const auto trees = must_fit("gbdt");
    EXPECT_EQ(trees.rows.read, 32'561);
    EXPECT_EQ(trees.program.classes, (std::vector<std::string>{" <=50K", " >50K"}));
    const auto auc = estimate_of(trees, "roc_auc");
    EXPECT_GT(auc.value, 0.92);
    EXPECT_NEAR(auc.high - auc.low, 0.014, 0.004);
    EXPECT_GT(estimate_of(must_fit("logistic"), "roc_auc").value, 0.90);
}

TEST_F(RealData, DiamondsGiveTheSameBytesAtOneAndTwoThreads) {
    use(kDiamonds);
    const auto one = must_fit("gbdt");
    EXPECT_GT(estimate_of(one, "r2").value, 0.975);
    request_.threads = 2;
    const auto two = must_fit("gbdt");
    EXPECT_EQ(score::artifact_bytes(one.program).value(),
              score::artifact_bytes(two.program).value());
    EXPECT_GT(estimate_of(must_fit("linear"), "r2").value, 0.9);
}

TEST_F(RealData, PenguinsAreTold) {
    use(kPenguins);
    for (const char* algorithm : {"gbdt", "logistic"}) {
        const auto trained = must_fit(algorithm);
        EXPECT_EQ(trained.program.classes.size(), 3);
        EXPECT_EQ(trained.confusion.size(), 9);
        EXPECT_GT(estimate_of(trained, "accuracy").value, 0.95) << algorithm;
    }
}

}  // namespace
}  // namespace quern::train
