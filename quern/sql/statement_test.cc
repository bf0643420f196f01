#include "quern/sql/statement.h"

#include <gtest/gtest.h>

namespace quern::sql {
namespace {

class StatementTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        session_ = std::make_unique<Session>(Database::open({.threads = 1})->connect().value());
    }
    // Before the thread ends: DuckDB closes with what it keeps for the thread.
    static void TearDownTestSuite() { session_.reset(); }

    static Session& session() { return *session_; }
    static std::string tables(std::string_view sql) {
        const auto syntax = parse_select(session(), sql);
        if (!syntax.ok()) return syntax.status().text();
        std::string names;
        for (const auto& use : syntax->tables) {
            names += (names.empty() ? "" : " ") + (use.schema.empty() ? "" : use.schema + ".") +
                     use.name;
        }
        return names;
    }
    static std::string normal(std::string_view sql) {
        const auto syntax = parse_select(session(), sql);
        return syntax.ok() ? syntax->normal_text : syntax.status().text();
    }

private:
    static std::unique_ptr<Session> session_;
};
std::unique_ptr<Session> StatementTest::session_;

// The facts are syntax_walk's.
TEST_F(StatementTest, FindsTheTablesThatAreRead) {
    const auto check = [&](std::string_view sql, std::string_view want) {
        EXPECT_EQ(tables(sql), want) << sql;
    };
    check("select 1", "");
    check("from a", "a");
    check("select * from a join \"B c\" using (k), x.d", "a B c x.d");
    check("select (select max(v) from a) from b where k in (from c) and exists (from d)",
          "a b c d");
    check("with a as (from b) select * from a", "b");
    check("with a as (from a) from a", "a");
    check("with a as (from b), c as (from a) from c, a", "b");
    check("select * from a, (with a as (from b) from a)", "a b");
    check("with recursive r as (select 1 as i union all select i + 1 from r, s) from r", "s");
    check("with a as materialized (from b) select 1 union all from a", "b");
    check("with \"A\" as (from b) from a", "b");
    check("from a union all from b except from c", "a b c");
    check("select * from A, a", "A");
    check("from t, lateral (select t.x from u)", "t u");
    check("select sum(x) over (order by y) from (values (1, 2)) t(x, y)", "");
    check("from t pivot (sum(x) for k in ('a', 'b'))", "t");
    check("from \"🍰 select\", \"a\"\"b\"", "a\"b 🍰 select");
    check("select 'from x' as \"from y\" /* from z */ from t -- from w", "t");
}

TEST_F(StatementTest, KeepsPlacesInBytes) {
    const auto syntax = parse_select(session(), "select 'é' from b, a, b");
    ASSERT_TRUE(syntax.ok());
    EXPECT_EQ(syntax->tables[0].offset, 20u);
    EXPECT_EQ(syntax->tables[1].offset, 17u);
}

TEST_F(StatementTest, FormattingChangesNothing) {
    const std::string text = normal("select a, b from t where a > 1");
    EXPECT_EQ(text, normal("SELECT a,\n  b -- the second\nFROM t /* x */ WHERE (a > 1);"));
    EXPECT_NE(text, normal("select a, b from t where a > 2"));
    EXPECT_NE(text, normal("select a, b as c from t where a > 1"));
    EXPECT_EQ(text.find("query_location"), std::string::npos);
    EXPECT_NE(normal("select '\"query_location\":12,' from t").find("location"), std::string::npos);
    EXPECT_NE(normal("select '\"query_location\":12,'"), normal("select '\"query_location\":13,'"));
    EXPECT_EQ(normal("from t"), normal("select * from t"));
}

TEST_F(StatementTest, RefusesWhatIsNotOneSelect) {
    const auto place = [](size_t offset) { return "t.sql:" + std::to_string(offset); };
    const auto check = [&](std::string_view sql, std::string_view want) {
        const auto syntax = parse_select(session(), sql, place);
        ASSERT_FALSE(syntax.ok()) << sql;
        EXPECT_NE(syntax.status().text().find(want), std::string::npos) << syntax.status().text();
    };
    check("drop table a", "t.sql:0: only a SELECT can stand here, not DROP");
    check(" insert into t values (1)", "t.sql:1: only a SELECT can stand here, not INSERT");
    check("copy t to 'x'", "not COPY");
    check("attach 'x'", "not ATTACH");
    check("pragma version", "not PRAGMA");
    check("set threads = 1", "not SET");
    check("select 1; select 2", "t.sql:10: only one SELECT");
    check("select 1; drop table t", "t.sql:10: only one SELECT");
    check("select 1 + from t", "t.sql:11: syntax error");
    check("select é, 'ü' + from t", "t.sql:18: syntax error");
    check("select 'abc", "t.sql:7: unterminated");
    check("", "there is no SELECT");
    check("-- nothing\n;", "there is no SELECT");
    check("pivot a on b", "must name its columns");
    check("select * from (pivot t on a using sum(x))", "must name its columns");
    check(std::string_view("select 1\0", 9), "t.sql:8: the SQL holds a NUL byte");
    check("select '\xff'", "t.sql:8: the SQL is not UTF-8");
}

TEST_F(StatementTest, TellsWhatDiffersFromRunToRun) {
    const auto check = [&](std::string_view sql, std::vector<std::string> want) {
        const auto syntax = parse_select(session(), sql);
        ASSERT_TRUE(syntax.ok()) << sql;
        EXPECT_EQ(syntax->volatile_functions, want) << sql;
    };
    check("select a, lower(b) from t", {});
    check("select now(), RANDOM() from t", {"now", "random"});
    check("select current_date from t", {"current_date"});
    check("with c as (select list_transform(l, lambda q: q + uuid()) from t) from c", {"uuid"});
    check("from t using sample 10%", {"sample"});
    check("from t using sample reservoir(10 rows) repeatable (3)", {});
    check("select t.current_date from t", {});
}

TEST_F(StatementTest, KeepsRowsFromHiddenPlacesOutOfProjects) {
    const auto check = [&](std::string_view sql, std::string_view want) {
        const auto syntax = parse_select(session(), sql);
        ASSERT_TRUE(syntax.ok()) << sql;
        const Status status = check_project_sql(*syntax, place_in_text("t.sql", std::string(sql)));
        EXPECT_NE(status.text().find(want), std::string::npos) << sql << ": " << status.text();
        EXPECT_EQ(status.ok(), want.empty()) << status.text();
    };
    check("from a, range(3), generate_series(1, 2), unnest([1])", "");
    check("from (describe select 1)", "");
    check("from read_csv('a.csv')", "t.sql:1:6: `read_csv` hides where the rows come from");
    check("from a,\n  'é.parquet'", "t.sql:2:3: 'é.parquet' is a file");
    check("from 'https://a/b'", "is a file");
    check("from query('select 1')", "`query` hides");
    check("from (show tables)", "`show` hides");
    check("from duckdb_tables()", "hides");
    check("select $cap from t", "the variable $cap has no value");
    check("select ? from t", "a parameter (?) cannot stand here");
}

TEST_F(StatementTest, ParsesManyAtOnceInOrder) {
    std::vector<std::string> texts;
    for (int i = 0; i < 5'000; ++i) texts.push_back("from t" + std::to_string(i));
    texts[17] = "selec";
    texts[18] = std::string("\0", 1);
    std::vector<SqlText> views;
    for (const auto& text : texts) views.push_back({text, {}});
    const auto results = parse_selects(session(), views);
    ASSERT_EQ(results.size(), texts.size());
    EXPECT_FALSE(results[17].ok());
    EXPECT_FALSE(results[18].ok());
    for (size_t i = 19; i < results.size(); ++i) {
        ASSERT_TRUE(results[i].ok());
        ASSERT_EQ(results[i].value().tables[0].name, "t" + std::to_string(i));
    }
}

TEST_F(StatementTest, DeepAndLongSqlEndsInAnAnswer) {
    const auto check = [&](const std::string& sql) {
        const auto syntax = parse_select(session(), sql);
        EXPECT_NE(syntax.status().code(), Code::internal) << sql.substr(0, 40);
    };
    std::string sum = "select 1", nested = "select ", queries = "select 1", lines = "select 1";
    for (int i = 0; i < 900; ++i) sum += " + 1";
    EXPECT_TRUE(parse_select(session(), sum).ok());
    for (int i = 0; i < 20'000; ++i) sum += " + 1";
    check(sum);
    check(nested + std::string(20'000, '(') + "1" + std::string(20'000, ')'));
    for (int i = 0; i < 300; ++i) queries = "select * from (" + queries + ")";
    check(queries);
    for (int i = 0; i < 5'000; ++i)
        lines += ",\n  " + std::to_string(i) + " as c" + std::to_string(i);
    EXPECT_TRUE(parse_select(session(), lines + "\nfrom t").ok());
    const auto syntax = parse_select(session(), lines + "\n  from from t", place_in_text("q", ""));
    EXPECT_FALSE(syntax.ok());
}

TEST_F(StatementTest, BindingResolvesNamesAndTypes) {
    ASSERT_TRUE(session().execute("create table bound (a int, \"späte\" decimal(5,2))").ok());
    const auto bound = bind_select(session(), "select a + 1 as b, späte, [a] as l from bound");
    ASSERT_TRUE(bound.ok()) << bound.status().text();
    EXPECT_EQ(bound->columns[0].name, "b");
    EXPECT_EQ(bound->columns[0].type.text(), "INTEGER");
    EXPECT_EQ(bound->columns[1].type.text(), "DECIMAL(5,2)");
    EXPECT_EQ(bound->columns[2].type.text(), "INTEGER[]");
    EXPECT_NE(bound->plan_json.find("BOUND_FUNCTION"), std::string::npos);
    const auto check = [&](std::string sql, std::string_view want) {
        const Status status = bind_select(session(), sql, place_in_text("q", sql)).status();
        EXPECT_EQ(status.text(), want) << sql;
    };
    check("select 'é', c from bound", "q:1:13: there is no column `c` here\n  did you mean `a`?");
    check("select spät from bound",
          "q:1:8: there is no column `spät` here\n  did you mean `späte`?");
    check("from bond", "q:1:6: there is no table `bond`\n  did you mean `bound`?");
    check("select lenght('a')",
          "q:1:8: there is no scalar function `lenght`\n  did you mean `length`?");
}

}  // namespace
}  // namespace quern::sql
