#include "quern/quality/run.h"

#include <gtest/gtest.h>

// Covers run.cc, check.cc and each check: between.cc, in.cc, matches.cc, not_null.cc,
// relationships.cc, rows.cc, sql_rows.cc, unique.cc.
namespace quern::quality {
namespace {

sql::Session session_with(const std::string& rows) {
    auto database = sql::Database::open({.threads = 2});
    EXPECT_TRUE(database.ok()) << database.status().text();
    auto session = database->connect();
    const Status made = session->execute("create table t as " + rows);
    EXPECT_TRUE(made.ok()) << made.text();
    return std::move(session).value();
}

// One check, its arguments as YAML.
project::CheckSpec spec(const std::string& name, const std::string& column,
                        const std::string& arguments = "{}", double mostly = 1) {
    project::CheckSpec check;
    check.name = name;
    if (!column.empty()) check.columns = {column};
    auto tree = parse_yaml({.text = arguments, .file = "tables/t.sql"});
    EXPECT_TRUE(tree.ok()) << tree.status().text();
    check.arguments = *tree;
    check.mostly = mostly;
    check.place = {std::make_shared<const std::string>("tables/t.sql"), 3, 5};
    return check;
}

CheckTarget target_of(sql::Session& session) {
    auto schema = session.columns_of("from t");
    EXPECT_TRUE(schema.ok()) << schema.status().text();
    return {.table = "t", .relation = "main.t", .schema = *schema};
}

constexpr const char* kPeople =
    "select * from (values (1, 'AA', 30, null, date '2020-01-01'), (2, 'AB', 117, 1, date "
    "'2021-01-01'), (2, 'zz', null, 9, null)) as v(id, code, age, parent, born)";

struct Wanted {
    bool has_passed;
    int64_t failing_count;
    std::string words;
};

void check(const project::CheckSpec& one, const Wanted& want) {
    auto session = session_with(kPeople);
    const auto report = run_checks(session, target_of(session), {one});
    ASSERT_TRUE(report.ok()) << one.name << ": " << report.status().text();
    const auto& result = report->results[0];
    EXPECT_EQ(result.has_passed, want.has_passed) << one.name;
    EXPECT_EQ(result.failing_count, want.failing_count) << one.name;
    EXPECT_EQ(failure_words(result), want.words);
}

TEST(Checks, NotNull) {
    check(spec("not_null", "id"), {true, 0, "id not null: 0 rows"});
    check(spec("not_null", "age"), {false, 1, "age not null: 1 row, such as age = NULL (row 3)"});
    check(spec("not_null", "age", "{}", 0.6), {true, 1, "age not null: 1 row"});
    check(spec("expect_column_values_to_not_be_null", "AGE"),
          {false, 1, "age not null: 1 row, such as age = NULL (row 3)"});
}

TEST(Checks, Unique) {
    check(spec("unique", "id"), {false, 2, "id unique: 2 rows"});
    check(spec("unique", "code"), {true, 0, "code unique: 0 rows"});
    check(spec("unique", "age"), {true, 0, "age unique: 0 rows"});
    check(spec("unique", "id", "{}", 0.3), {true, 2, "id unique: 2 rows"});
}

TEST(Checks, In) {
    check(spec("in", "code", "{value: [AA, AB]}"),
          {false, 1, "code in AA, AB: 1 row, such as code = zz (row 3)"});
    check(spec("accepted_values", "id", "{values: [1, 2]}"), {true, 0, "id in 1, 2: 0 rows"});
    check(spec("expect_column_values_to_be_in_set", "age", "{value_set: [30]}"),
          {false, 1, "age in 30: 1 row, such as age = 117 (row 2)"});
}

TEST(Checks, Between) {
    check(spec("between", "age", "{value: [17, 90]}"),
          {false, 1, "age between 17 and 90: 1 row, such as age = 117 (row 2)"});
    check(spec("between", "age", "{min: 17}"), {true, 0, "age at least 17: 0 rows"});
    check(spec("expect_column_values_to_be_between", "age", "{max_value: 117}"),
          {true, 0, "age at most 117: 0 rows"});
    check(spec("between", "born", "{value: [2020-06-01, 2022-01-01]}"),
          {false, 1,
           "born between 2020-06-01 and 2022-01-01: 1 row, such as born = 2020-01-01 (row 1)"});
    check(spec("between", "age", "{value: [17, 90]}", 0.5),
          {true, 1, "age between 17 and 90: 1 row"});
}

// 'such as it is' must hold: DuckDB makes another double of the decimal -0.09027529589850945.
TEST(Checks, BoundsOfDoublesAreDoubles) {
    for (const char* value : {"-0.09027529589850945", "-0.10230705051741597", "0.1", "1e-300"}) {
        auto session =
            session_with("select '" + std::string(value) + "'::double as x, " + "'0.1'::real as r");
        const std::string both = std::string(value) + ", " + value;
        const auto report = run_checks(session, target_of(session),
                                       {spec("between", "x", "{value: [" + both + "]}"),
                                        spec("in", "x", "{value: [" + both + "]}"),
                                        spec("between", "r", "{value: [0.1, 0.1]}")});
        ASSERT_TRUE(report.ok()) << report.status().text();
        for (const auto& result : report->results) EXPECT_TRUE(result.has_passed) << value;
    }
}

TEST(Checks, Matches) {
    check(spec("matches", "code", "{value: \"[A-Z]\"}"),
          {false, 3, "code matches [A-Z]: 3 rows, such as code = AA (row 1)"});
    check(spec("matches", "code", "{value: \"[A-Z]{2}\"}"),
          {false, 1, "code matches [A-Z]{2}: 1 row, such as code = zz (row 3)"});
    check(spec("expect_column_values_to_match_regex", "code", "{regex: \"[A-Za-z]\"}"),
          {true, 0, "code matches [A-Za-z]: 0 rows"});
    check(spec("matches", "id", "{value: \"[0-9]\"}"), {true, 0, "id matches [0-9]: 0 rows"});
}

TEST(Checks, Rows) {
    check(spec("rows", "", "{min: 4}"), {false, 1, "rows at least 4: got 3"});
    check(spec("rows", "", "{min: 1, max: 3}"), {true, 0, "rows between 1 and 3: 0 rows"});
    check(spec("expect_table_row_count_to_equal", "", "{value: 3}"),
          {true, 0, "rows between 3 and 3: 0 rows"});
}

TEST(Checks, Relationships) {
    check(spec("relationships", "parent", "{to: t, field: id}"),
          {false, 1, "parent is in t.id: 1 row, such as parent = 9 (row 3)"});
    check(spec("relationships", "id", "{to: t, field: id}"), {true, 0, "id is in t.id: 0 rows"});
}

TEST(Checks, Sql) {
    check(spec("sql", "", "{value: select * from t where age > 100}"),
          {false, 1, "select * from t where age > 100: 1 row"});
    check(spec("sql", "", "{value: select * from t where age > 1000}"),
          {true, 0, "select * from t where age > 1000: 0 rows"});
}

TEST(RunChecks, KeepsFailingRowsWithTheirReason) {
    auto session = session_with(kPeople);
    const auto target = target_of(session);
    const auto report =
        run_checks(session, target,
                   {spec("not_null", "age"), spec("unique", "id"), spec("rows", "", "{min: 9}"),
                    spec("sql", "", "{value: select 5 as other}")});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report->failed_count(project::Severity::error), 4);
    EXPECT_EQ(report->failed_rows, "quern_failed.\"t\"");
    EXPECT_EQ(session.query_int("select count(*) from quern_failed.t").value(), 4);
    EXPECT_EQ(session
                  .query_int("select count(*) from quern_failed.t where failed_check = "
                             "'id unique' and id = 2")
                  .value(),
              2);
    ASSERT_TRUE(run_checks(session, target, {spec("not_null", "id")}).ok());
    EXPECT_FALSE(session.query_int("select count(*) from quern_failed.t").ok());
}

TEST(RunChecks, EmptyTablesPass) {
    auto session = session_with("select 1 as id where false");
    const auto report = run_checks(session, target_of(session),
                                   {spec("not_null", "id"), spec("unique", "id"),
                                    spec("between", "id", "{value: [0, 1]}", 0.5)});
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_TRUE(report->has_passed());
    EXPECT_EQ(report->row_count, 0);
}

TEST(RunChecks, WarningsDoNotStop) {
    auto session = session_with(kPeople);
    auto warning = spec("not_null", "age");
    warning.severity = project::Severity::warn;
    const auto report = run_checks(session, target_of(session), {warning});
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->has_passed());
    EXPECT_EQ(report->failed_count(project::Severity::warn), 1);
}

TEST(ValidateChecks, TellsAllFaultsWithTheirPlaces) {
    auto session = session_with(kPeople);
    const auto target = target_of(session);
    const auto fault = [&](const project::CheckSpec& one) {
        return validate_checks({one}, target).text();
    };
    EXPECT_EQ(fault(spec("betwen", "age")),
              "tables/t.sql:3:5: check 'betwen' is not known\n  did you mean 'between'?");
    EXPECT_EQ(fault(spec("not_null", "agee")),
              "tables/t.sql:3:5: no column 'agee' in t\n  did you mean 'age'?");
    EXPECT_NE(fault(spec("between", "age", "{value: [1]}")).find("two bounds, got 1"),
              std::string::npos);
    EXPECT_NE(fault(spec("between", "age", "{value: [a, b]}")).find("a number is needed, got 'a'"),
              std::string::npos);
    EXPECT_NE(fault(spec("matches", "code", "{value: \"(\"}")).find("is no regular expression"),
              std::string::npos);
    EXPECT_NE(fault(spec("in", "code")).find("needs the values"), std::string::npos);
    EXPECT_NE(fault(spec("rows", "", "{mni: 3}")).find("did you mean 'min'?"), std::string::npos);
    EXPECT_NE(fault(spec("unique", "id", "{value: 3}")).find("takes no"), std::string::npos);
    EXPECT_EQ(
        validate_checks({spec("betwen", "age"), spec("not_null", "x")}, target).others().size(),
        1u);
}

TEST(CheckContract, EveryCheckIsDocumentedAndRefusesUnknownArguments) {
    auto session = session_with(kPeople);
    const auto target = target_of(session);
    for (const auto& one : Registry<Check>::of_kind().all()) {
        EXPECT_FALSE(one.summary.empty()) << one.name;
        EXPECT_NE(one.example.find(one.name), std::string::npos) << one.name;
        for (const auto& param : one.params) EXPECT_FALSE(param.doc.empty()) << one.name;
        const auto unknown =
            spec(std::string(one.name), one.is_of_column ? "id" : "", "{no_such_argument: 1}");
        EXPECT_FALSE(validate_checks({unknown}, target).ok()) << one.name;
        for (const auto alias : one.aliases) {
            EXPECT_EQ(find_check(alias).value()->name, one.name);
        }
    }
}

}  // namespace
}  // namespace quern::quality
