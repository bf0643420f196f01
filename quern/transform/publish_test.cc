#include "quern/transform/publish.h"

#include <gtest/gtest.h>

#include "quern/transform/build.h"
#include "quern/transform/materialization.h"
#include "quern/transform/physical.h"

namespace quern::transform {
namespace {

class TransformTest : public testing::Test {
protected:
    sql::Session session_ = sql::Database::open({}).value().connect().value();

    void SetUp() override { ASSERT_TRUE(make_schemas(session_).ok()); }

    Result<Built> build(const std::string& how, const std::string& sql, const std::string& physical,
                        const std::map<std::string, std::string>& inputs = {}) {
        const auto place = [](size_t offset) { return "t.sql:" + std::to_string(offset); };
        return build_table(session_, {how, sql, place, physical, inputs});
    }
    int64_t number(const std::string& sql) { return session_.query_int(sql).value(); }
};

TEST_F(TransformTest, NobodySeesATableBeforeItIsPublished) {
    const Built built = build("table", "select 7 as a union all select 8;", "t__1").value();
    EXPECT_EQ(built.row_count, 2);
    EXPECT_EQ(built.columns[0].name, "a");
    EXPECT_FALSE(session_.query("from t").ok());
    ASSERT_TRUE(publish(session_, {{"t", "t__1"}}).ok());
    EXPECT_EQ(number("select sum(a) from t"), 15);
    ASSERT_TRUE(build("table", "select 1 as b", "t__2").ok());
    EXPECT_EQ(number("select sum(a) from t"), 15);
    ASSERT_TRUE(publish(session_, {{"t", "t__2"}}).ok());
    EXPECT_EQ(number("select sum(b) from t"), 1);
}

TEST_F(TransformTest, ViewsKeepReadingWhatTheyWereCheckedWith) {
    ASSERT_TRUE(build("table", "select 1 as a", "s__1").ok());
    ASSERT_TRUE(publish(session_, {{"s", "s__1"}}).ok());
    ASSERT_TRUE(
        build("view", "with x as (from s) select a + 1 as a from x -- end", "v__1", {{"s", "s__1"}})
            .ok());
    ASSERT_TRUE(publish(session_, {{"v", "v__1"}}).ok());
    ASSERT_TRUE(build("table", "select 100 as a", "s__2").ok());
    ASSERT_TRUE(publish(session_, {{"s", "s__2"}}).ok());
    EXPECT_EQ(number("select a from v"), 2);
    ASSERT_TRUE(
        sweep(session_, {{{"s", "s__2"}, {"v", "v__1"}}, {"s__2", "v__1"}, {"s", "v"}}).ok());
    EXPECT_EQ(number("select a from v"), 2) << "s__1 is still read";
    ASSERT_TRUE(sweep(session_, {{{"s", "s__2"}}, {"s__2"}, {"s"}}).ok());
    EXPECT_EQ(present(session_).value(), std::set<std::string>{"s__2"});
}

TEST_F(TransformTest, ReconcileUndoesAHalfDonePublish) {
    ASSERT_TRUE(build("table", "select 1 as a", "t__1").ok());
    ASSERT_TRUE(build("table", "select 2 as a", "t__2").ok());
    ASSERT_TRUE(publish(session_, {{"t", "t__2"}, {"gone", "t__2"}}).ok());
    const std::map<std::string, std::string> truth = {{"t", "t__1"}, {"u \"x\"", "t__2"}};
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(reconcile(session_, truth).ok());
        EXPECT_EQ(number("select a from t"), 1);
        EXPECT_EQ(number("select a from \"u \"\"x\"\"\""), 2);
        EXPECT_FALSE(session_.query("from gone").ok());
    }
}

TEST_F(TransformTest, FaultsPointIntoTheUsersSql) {
    ASSERT_TRUE(build("table", "select 1 as a", "s__1").ok());
    const auto check = [&](const std::string& sql, std::string_view where) {
        const auto built = build("table", sql, "t__1", {{"s", "s__1"}});
        ASSERT_FALSE(built.ok()) << sql;
        EXPECT_EQ(built.status().where(), where) << built.status().text();
    };
    check("select b from s", "t.sql:7");
    check("  select a from none", "t.sql:16");
}

TEST_F(TransformTest, EveryMaterializationIsDocumented) {
    for (const auto& way : Registry<Materialization>::of_kind().all()) {
        EXPECT_FALSE(way.summary.empty() || way.example.empty()) << way.name;
    }
    EXPECT_EQ(build("cube", "select 1", "x").status().code(), Code::not_found);
}

}  // namespace
}  // namespace quern::transform
