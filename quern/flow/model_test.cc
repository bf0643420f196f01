// Models from training to a scored file: work_model.cc, features.cc, latency.cc, score_file.cc.
#include <cmath>

#include "quern/flow/model_facts.h"
#include "quern/flow/rollback.h"
#include "quern/flow/score_file.h"
#include "quern/flow/test_project.h"
#include "quern/store/models.h"

namespace quern::flow {
namespace {

class ModelTest : public testing::Test {
protected:
    TestProject project_;

    void SetUp() override {
        write_rows(0);
        project_.write("sources/people.yml", "file: people.csv\n");
        write_model("");
        project_.write("services/late.yml", "model: late\n");
    }
    // `shift` makes other data.
    void write_rows(int shift) {
        std::string rows = "id,city,amount,late\n";
        for (int i = 0; i < 400; ++i) {
            const int amount = (i * 37 + shift) % 100;
            rows += std::to_string(i) + "," + (i % 3 == 0 ? "Bonn" : "Kiel") + "," +
                    std::to_string(amount) + "," + (amount > 60 ? "yes" : "no") + "\n";
        }
        project_.write("people.csv", rows);
    }
    void write_model(const std::string& more) {
        project_.write("models/late.yml",
                       "from: people\ntarget: late\nkey: id\nalgorithm: {gbdt: "
                       "{num_iterations: 5}}\nfeatures: [city, amount, amount * 2 as twice]\n" +
                           more);
    }
    store::ModelVersion champion() {
        auto workspace = open_workspace(project_.folder()).value();
        return *store::Models(*workspace.store).champion("late").value();
    }
    Result<ScoreFileReport> score(const std::string& rows, const std::string& output) {
        project_.write("in.csv", rows);
        auto workspace = TRY(open_workspace(project_.folder()));
        ScoreFileRequest request;
        request.model = "late";
        request.file = project_.path("in.csv");
        request.output = project_.path(output);
        return score_file(workspace, request);
    }
};

TEST_F(ModelTest, TrainsPromotesAndHasNothingToDo) {
    const auto report = project_.run().value();
    EXPECT_TRUE(report.is_good()) << report.fault().text();
    EXPECT_EQ(champion().version, 1);
    EXPECT_EQ(project_.run_text(), "");
    const auto facts = model_facts(champion().metrics);
    EXPECT_GT(facts.find("roc_auc")->value, 0.99);
    EXPECT_EQ(facts.rows_read, 400);
    EXPECT_GT(facts.p99_us, 0);
}

TEST_F(ModelTest, TheSameDataGivesTheSameBytes) {
    ASSERT_TRUE(project_.run().ok());
    const std::string artifact = champion().artifact;
    ASSERT_TRUE(remove_tree(project_.path(".quern")).ok());
    ASSERT_TRUE(project_.run().ok());
    EXPECT_EQ(champion().artifact, artifact);
}

TEST_F(ModelTest, AGateThatFailsKeepsTheChampion) {
    ASSERT_TRUE(project_.run().ok());
    write_model("gates: [roc_auc >= 0.5, brier <= 0.000001]\n");
    EXPECT_EQ(project_.plan_text(), "late: its gates changed");
    const auto report = project_.run().value();
    ASSERT_EQ(report.outcomes[0].state, store::RunState::failed);
    EXPECT_TRUE(report.fault().ok()) << "a failed gate is no fault of the program";
    EXPECT_NE(report.outcomes[0].message.find("1 gate FAILED"), std::string::npos);
    EXPECT_EQ(champion().version, 1);
}

TEST_F(ModelTest, NewDataMakesANewChampionAndRollBackReturns) {
    ASSERT_TRUE(project_.run().ok());
    write_rows(11);
    ASSERT_TRUE(project_.run()->is_good());
    EXPECT_EQ(champion().version, 2);
    {
        auto workspace = open_workspace(project_.folder()).value();
        EXPECT_EQ(roll_back(workspace, "late")->version, 1);
    }
    EXPECT_EQ(champion().version, 1);
    EXPECT_EQ(project_.run_text(), "") << "a run does not undo it";
}

TEST_F(ModelTest, FaultsAreToldBeforeAnythingRuns) {
    const auto check = [&](const std::string& model, std::string_view want) {
        project_.write("models/late.yml", model);
        const std::string text = project_.run_text();
        EXPECT_NE(text.find(want), std::string::npos) << text;
    };
    check("from: people\ntarget: lat\n", "models/late.yml:2:9: ");
    check("from: people\ntarget: late\nexclude: [cty]\n", "did you mean 'city'?");
    check("from: people\ntarget: late\nfeatures: [amount, amont + 1]\n", "models/late.yml:3:20: ");
    check("from: people\ntarget: late\nfeatures: [sum(amount) over ()]\n",
          "models/late.yml:3:12: ");
    check("from: people\ntarget: late\ngates: [roc_acu > 1]\n", "models/late.yml:3:9: ");
}

TEST_F(ModelTest, AsManyRowsComeOutAsWentIn) {
    ASSERT_TRUE(project_.run().ok());
    const auto report =
        score("city,amount,id,extra\nBonn,90,7,x\nUlm,5,8,x\nKiel,many,9,x\n,,10,\n", "out.csv");
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->row_count, 4);
    EXPECT_GE(report->bad_row_count, 1);
    EXPECT_NE(report->bad_rows[0].find("row 3: amount"), std::string::npos) << report->bad_rows[0];
    const std::string text = read_file(project_.path("out.csv")).value();
    EXPECT_TRUE(text.starts_with("id,prediction,probability\n7,true,")) << text;
    EXPECT_NE(text.find("\n8,false,"), std::string::npos) << text;
    EXPECT_NE(text.find("\n9,,\n"), std::string::npos) << text;
}

TEST_F(ModelTest, WithoutAKeyRowsAreNumbered) {
    ASSERT_TRUE(project_.run().ok());
    ASSERT_TRUE(score("city,amount\nBonn,90\n", "out.ndjson").ok());
    const std::string text = read_file(project_.path("out.ndjson")).value();
    EXPECT_NE(text.find("\"row\":1,\"prediction\":true"), std::string::npos) << text;
}

TEST_F(ModelTest, AFileWithoutAColumnIsRefused) {
    ASSERT_TRUE(project_.run().ok());
    const auto report = score("city,amuont\nBonn,90\n", "out.csv");
    EXPECT_EQ(report.status().code(), Code::not_found);
    EXPECT_NE(report.status().text().find("'amount'"), std::string::npos);
    EXPECT_NE(report.status().text().find("did you mean 'amuont'?"), std::string::npos);
    EXPECT_FALSE(path_exists(project_.path("out.csv")));
}

TEST(ModelFacts, ReadBackAsTheyWereWritten) {
    ModelFacts facts;
    facts.task = "classify";
    facts.classes = {{"no", 3}, {"yes", 4}};
    facts.estimates = {{"roc_auc", 0.9271, 0.92, 0.93, "DeLong"}, {"brier", 0.087, NAN, NAN, ""}};
    facts.importance = {{"age", 0.5}};
    facts.size_bytes = 123;
    const auto read = model_facts(facts_json(facts));
    EXPECT_EQ(read.classes, facts.classes);
    EXPECT_EQ(read.importance, facts.importance);
    EXPECT_EQ(metric_words(read), "ROC AUC 0.927 ±0.005, Brier 0.087");
    EXPECT_EQ(read.measured().back().value, 123);
    EXPECT_EQ(model_facts("{}").task, "");
}

}  // namespace
}  // namespace quern::flow
