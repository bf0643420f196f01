// land.cc, work_landed.cc and what planning makes of sources that lie in no file of the project.
#include "quern/flow/land.h"

#include "quern/flow/test_project.h"
#include "quern/store/database.h"

namespace quern::flow {
namespace {

class LandTest : public testing::Test {
protected:
    TestProject project_;

    void SetUp() override {
        sql("create table a (id integer primary key, v integer); "
            "insert into a values (1, 10), (2, 20)");
        write("load: upsert\nkey: id\n");
        project_.write("tables/t.sql", "select sum(v) as v from a");
    }
    void sql(const std::string& script) {
        const auto database = store::Database::open(project_.path("shop.db"));
        ASSERT_TRUE((*database)->run_script(script).ok());
    }
    void write(const std::string& keys) {
        project_.write("sources/a.yml", "sqlite: {file: shop.db, table: a}\n" + keys);
    }
};

TEST_F(LandTest, PlansWithWhatIsKnownAndRunsWhatIsNew) {
    EXPECT_EQ(project_.plan_text(), "a: new | t: new");
    EXPECT_EQ(project_.run_text(), "a: 2 rows, 2 new | t: 1 row");
    EXPECT_EQ(project_.run_text(), "");
    sql("insert into a values (3, 5); update a set v = 0 where id = 1");
    EXPECT_EQ(project_.plan_text(), "");
    EXPECT_EQ(project_.run_text(), "a: 3 rows, 2 new | t: 1 row");
    EXPECT_EQ(project_.query("from t"), "25");
}

TEST_F(LandTest, FaultsOfSQLAreFoundOnceColumnsAreKnown) {
    project_.write("tables/u.sql", "select w from a");
    EXPECT_EQ(project_.plan_text(), "a: new | t: new | u: new");
    EXPECT_NE(project_.run_text().find("w"), std::string::npos);
    EXPECT_NE(project_.plan_text().find("tables/u.sql:1:8"), std::string::npos);
}

TEST_F(LandTest, AChangeOfColumnsNamesWhatHangsOnThem) {
    project_.write("tables/u.sql", "/* ---\nmaterialize: view\n--- */\nselect * from t");
    ASSERT_TRUE(project_.run().ok());
    sql("alter table a add column w integer; insert into a values (3, 1, 1)");
    const auto report = project_.run();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->outcomes[0].details,
              (std::vector<std::string>{"column w is new: it is NULL in the earlier rows",
                                        "what hangs on it: t (table), u (table)"}));
}

TEST_F(LandTest, ASourceThatIsGoneLeavesWhatItGave) {
    ASSERT_TRUE(project_.run().ok());
    project_.write("tables/u.sql", "select count(*) as n from a");
    project_.remove("shop.db");
    const auto report = project_.run();
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_FALSE(report->is_good());
    EXPECT_EQ(report->outcomes[0].name, "a");
    EXPECT_EQ(report->outcomes[1].message, "skipped: a did not pass");
    EXPECT_EQ(project_.query("from t"), "30");
    auto workspace = open_workspace(project_.folder());
    RunRequest offline;
    offline.pull.is_offline = true;
    EXPECT_TRUE(run_project(*workspace, offline)->is_good());
    EXPECT_EQ(project_.query("from u"), "2");
}

TEST_F(LandTest, TheWarehouseIsBuiltAgainFromWhatLanded) {
    write("load: append\n");
    ASSERT_TRUE(project_.run().ok());
    project_.remove("shop.db");
    project_.remove(".quern/warehouse.duckdb");
    auto workspace = open_workspace(project_.folder());
    RunRequest offline;
    offline.pull.is_offline = true;
    EXPECT_TRUE(run_project(*workspace, offline)->is_good());
    EXPECT_EQ(project_.query("select count(*) from a"), "2");
}

TEST_F(LandTest, StaleRowsEndWhatHangsOnThem) {
    sql("create table b (at timestamp); insert into b values ('2020-01-01 00:00:00')");
    project_.write("sources/b.yml",
                   "sqlite: {file: shop.db, table: b}\nload: append\ncursor: at\nfresh: 1 day\n");
    project_.write("tables/n.sql", "select count(*) as n from b");
    for (int i = 0; i < 2; ++i) {
        const std::string text = project_.run_text();
        EXPECT_NE(text.find("b: FAILED: the newest row is"), std::string::npos) << text;
        EXPECT_NE(text.find("n: skipped: b did not pass"), std::string::npos) << text;
    }
    project_.write("sources/b.yml",
                   "sqlite: {file: shop.db, table: b}\nload: append\n"
                   "cursor: at\nfresh: {within: 1 day, severity: warn}\n");
    EXPECT_TRUE(project_.run()->is_good());
}

TEST_F(LandTest, FilesOfSourcesThatAreGoneAreRemoved) {
    ASSERT_TRUE(project_.run().ok());
    project_.remove("sources/a.yml");
    project_.remove("tables/t.sql");
    project_.write("tables/t.sql", "select 1 as v");
    ASSERT_TRUE(project_.run().ok());
    EXPECT_TRUE(list_files(project_.path(".quern/landing"))->empty());
}

}  // namespace
}  // namespace quern::flow
