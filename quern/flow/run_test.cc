#include "quern/flow/run.h"

// Covers prepare.cc, typing.cc, workspace.cc, work_data.cc and rollback.cc.
#include "quern/flow/rollback.h"
#include "quern/flow/test_project.h"

namespace quern::flow {
namespace {

class RunTest : public testing::Test {
protected:
    TestProject project_;

    void SetUp() override {
        project_.write("a.csv", "id,v\n1,10\n2,20\n");
        project_.write("sources/a.yml", "file: a.csv\n");
        project_.write("tables/t.sql",
                       "/* ---\nchecks: [{v: {between: [0, 100]}}]\n--- */\nselect id, v from a");
        project_.write("tables/total.sql", "select sum(v)::bigint as v from t");
    }
};

TEST_F(RunTest, RunsOnceAndThenHasNothingToDo) {
    EXPECT_EQ(project_.plan_text(), "a: new | t: new | total: new");
    EXPECT_EQ(project_.run_text(), "a: 2 rows | t: 2 rows, 1 check passed | total: 1 row");
    EXPECT_EQ(project_.query("from total"), "30");
    EXPECT_EQ(project_.run_text(), "");
    EXPECT_EQ(project_.plan_text(), "");
}

TEST_F(RunTest, RunsExactlyWhatHangsOnAChange) {
    project_.write("tables/other.sql", "select count(*) as n from a");
    ASSERT_TRUE(project_.run().ok());
    project_.write("tables/t.sql", "select id, v + 1 as v from a");
    EXPECT_EQ(project_.plan_text(), "t: its SQL changed; its checks changed | total: t changes");
    EXPECT_EQ(project_.run_text(), "t: 2 rows | total: 1 row");
    EXPECT_EQ(project_.query("from total"), "32");
}

TEST_F(RunTest, AFailedCheckLeavesWhatWasPublished) {
    ASSERT_TRUE(project_.run().ok());
    project_.write("a.csv", "id,v\n1,10\n2,2000\n");
    EXPECT_EQ(project_.run_text(),
              "a: 2 rows | t: 2 rows, 1 FAILED | total: skipped: t did not pass");
    EXPECT_EQ(project_.query("select max(v) from t"), "20");
    EXPECT_EQ(project_.query("select v from quern_failed.t"), "2000");
    EXPECT_EQ(project_.plan_text(), "t: a changed; failed last time | total: t changes");
    project_.write("a.csv", "id,v\n1,10\n2,21\n");
    EXPECT_TRUE(project_.run()->is_good());
    EXPECT_EQ(project_.query("from total"), "31");
}

TEST_F(RunTest, FailingRowsOfATableThatNeverPassedAreKept) {
    project_.write("a.csv", "id,v\n1,10\n2,2000\n");
    EXPECT_FALSE(project_.run()->is_good());
    EXPECT_EQ(project_.query("select v from quern_failed.t"), "2000");
}

TEST_F(RunTest, NewChecksAreRunWithoutBuildingAgain) {
    ASSERT_TRUE(project_.run().ok());
    project_.write("tables/t.sql",
                   "/* ---\nchecks: [{v: {between: [0, 15]}}]\n--- */\nselect id, v from a");
    EXPECT_EQ(project_.plan_text(), "t: its checks changed");
    EXPECT_EQ(project_.run_text(), "t: 2 rows, 1 FAILED");
    EXPECT_EQ(project_.query("select max(v) from t"), "20");
}

TEST_F(RunTest, AFaultThatShowsOnlyWhileRunningHasAPlace) {
    project_.write("tables/total.sql", "select v::date\nfrom (select 'x' || v as v from t)");
    const auto report = project_.run();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_FALSE(report->is_good());
    EXPECT_EQ(report->fault().code(), Code::invalid_argument);
    EXPECT_TRUE(report->fault().where().starts_with("tables/total.sql:")) << report->fault().text();
    EXPECT_EQ(project_.query("select max(v) from t"), "20");
}

TEST_F(RunTest, FaultsThatCanBeSeenBeforeStopTheWholeRun) {
    project_.write("tables/total.sql", "select sum(w) as v from t");
    project_.write("tables/u.sql", "/* ---\nchecks: [{w: unique}]\n--- */\nselect id from a");
    const auto report = project_.run();
    ASSERT_FALSE(report.ok());
    EXPECT_TRUE(report.status().where().starts_with("tables/total.sql:1:12"))
        << report.status().text();
    EXPECT_EQ(report.status().others().size(), 1U);
    EXPECT_FALSE(path_exists(project_.path(".quern/warehouse.duckdb")) &&
                 project_.query("from a") == "1");
}

TEST_F(RunTest, OnlyWhatIsAskedForRuns) {
    EXPECT_EQ(project_.run_text({"t"}), "a: 2 rows | t: 2 rows, 1 check passed");
    EXPECT_NE(project_.run_text({"totl"}).find("did you mean 'total'?"), std::string::npos);
}

TEST_F(RunTest, WhatLeavesTheProjectGoesOutOfSight) {
    ASSERT_TRUE(project_.run().ok());
    project_.remove("tables/total.sql");
    const auto report = project_.run().value();
    EXPECT_EQ(report.notes, std::vector<std::string>{"total is no longer in the project"});
    EXPECT_NE(project_.query("from total").find("total"), std::string::npos);
    EXPECT_EQ(project_.run_text(), "");
}

TEST_F(RunTest, RollsBackAndStaysThere) {
    ASSERT_TRUE(project_.run().ok());
    project_.write("tables/t.sql", "select id, v * 2 as v from a");
    ASSERT_TRUE(project_.run().ok());
    EXPECT_EQ(project_.query("from total"), "60");
    {
        auto workspace = open_workspace(project_.folder()).value();
        const auto back = roll_back(workspace, "t").value();
        EXPECT_EQ(back.version, 1);
        EXPECT_EQ(roll_back(workspace, "tt").status().code(), Code::not_found);
        EXPECT_EQ(roll_back(workspace, "a").status().code(), Code::failed_precondition);
    }
    EXPECT_EQ(project_.query("select sum(v) from t"), "30");
    EXPECT_EQ(project_.plan_text(), "t: held at v1: it was rolled back | total: t changed");
    EXPECT_EQ(project_.run_text(), "total: 1 row");
    EXPECT_EQ(project_.query("from total"), "30");
    project_.write("tables/t.sql", "select id, v * 3 as v from a");
    EXPECT_TRUE(project_.run()->is_good());
    EXPECT_EQ(project_.query("from total"), "90");
}

TEST_F(RunTest, ASecondWriterIsRefused) {
    auto workspace = open_workspace(project_.folder()).value();
    const auto lock = workspace.store->lock_writer().value();
    EXPECT_EQ(project_.run().status().code(), Code::failed_precondition);
}

TEST_F(RunTest, ADamagedWarehouseIsPutAsideAndBuiltAgain) {
    ASSERT_TRUE(project_.run().ok());
    project_.write(".quern/warehouse.duckdb", std::string(20'000, 'x'));
    EXPECT_EQ(project_.plan_text(),
              "a: its data is not in the warehouse | t: its data is not in the warehouse | "
              "total: its data is not in the warehouse");
    const auto report = project_.run().value();
    EXPECT_EQ(report.outcomes.size(), 3U);
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_NE(report.notes[0].find("damaged"), std::string::npos);
    EXPECT_EQ(project_.query("from total"), "30");
    EXPECT_EQ(glob_files(project_.path(".quern/warehouse.duckdb.damaged-*"))->size(), 1U);
}

TEST_F(RunTest, CancelStopsBetweenAndWithinNodes) {
    project_.write("tables/total.sql",
                   "select count(*) as v from range(100000) a, range(100000) b, t");
    std::atomic<bool> cancel{false};
    auto workspace = open_workspace(project_.folder()).value();
    RunRequest request;
    request.cancel = &cancel;
    request.on_finished = [&](const NodeOutcome& outcome) {
        if (outcome.name == "t") cancel = true;
    };
    const auto report = run_project(workspace, request);
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_FALSE(report->is_good());
    EXPECT_EQ(report->count(store::RunState::done), 2U);
}

TEST_F(RunTest, ManyTablesSideBySideComeOutRight) {
    for (int i = 0; i < 40; ++i) {
        project_.write("tables/n" + std::to_string(i) + ".sql",
                       "select sum(v) + " + std::to_string(i) + " as v from " +
                           (i < 8 ? "t" : "n" + std::to_string(i - 8)));
    }
    const auto report = project_.run().value();
    EXPECT_TRUE(report.is_good()) << report.fault().text();
    EXPECT_EQ(report.outcomes.size(), 43U);
    EXPECT_EQ(project_.query("select v::bigint from n39"), "145");  // 30 + 39 + 31 + 23 + 15 + 7
    EXPECT_EQ(project_.run_text(), "");
}

}  // namespace
}  // namespace quern::flow
