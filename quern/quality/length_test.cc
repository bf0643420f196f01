#include <gtest/gtest.h>

#include "quern/quality/run.h"

namespace quern::quality {
namespace {

struct Case {
    std::string name, arguments;
    int64_t failing_count;
    std::string words;
};

TEST(Length, CountsCharacters) {
    const auto database = sql::Database::open({.threads = 1});
    ASSERT_TRUE(database.ok());
    auto session = database->connect();
    ASSERT_TRUE(session
                    ->execute("create table t as select * from (values ('a'), ('grün'), "
                              "('longer'), (null)) v(code)")
                    .ok());
    const CheckTarget target{
        .table = "t", .relation = "main.t", .schema = session->columns_of("from t").value()};
    for (const Case& one : {
             Case{"length", "{value: [2, 5]}", 2,
                  "length of code between 2 and 5: 2 rows, such as code = a (row 1)"},
             Case{"length", "{max: 4}", 1,
                  "length of code at most 4: 1 row, such as code = longer (row 3)"},
             Case{"expect_column_value_lengths_to_be_between", "{min_value: 1}", 0,
                  "length of code at least 1: 0 rows"},
         }) {
        project::CheckSpec spec;
        spec.name = one.name;
        spec.columns = {"code"};
        spec.arguments = parse_yaml({.text = one.arguments, .file = "t.sql"}).value();
        const auto report = run_checks(*session, target, {spec});
        ASSERT_TRUE(report.ok()) << report.status().text();
        EXPECT_EQ(report->results[0].failing_count, one.failing_count);
        EXPECT_EQ(failure_words(report->results[0]), one.words);
        spec.arguments = parse_yaml({.text = "{value: [1]}", .file = "t.sql"}).value();
        EXPECT_FALSE(validate_checks({spec}, target).ok());
    }
}

}  // namespace
}  // namespace quern::quality
