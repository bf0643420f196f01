#include "quern/sql/session.h"

#include <gtest/gtest.h>

#include "quern/base/folder.h"

namespace quern::sql {
namespace {

Session memory_session() {
    auto database = Database::open({.threads = 2});
    EXPECT_TRUE(database.ok()) << database.status().text();
    return std::move(database->connect()).value();
}

TEST(Session, GivesBackEveryType) {
    Session session = memory_session();
    const auto check = [&](const std::string& sql, std::string_view type, std::string_view text) {
        const auto batch = session.query_all("select " + sql + " as x");
        ASSERT_TRUE(batch.ok()) << sql << ": " << batch.status().text();
        EXPECT_EQ(batch->schema[0].type.text(), type) << sql;
        EXPECT_EQ(frame::value_text(batch->columns[0].view(), 0), text) << sql;
    };
    check("true", "BOOLEAN", "true");
    check("-1::tinyint", "TINYINT", "-1");
    check("255::utinyint", "UTINYINT", "255");
    check("18446744073709551615::ubigint", "UBIGINT", "18446744073709551615");
    check("-5::hugeint", "HUGEINT", "-5");
    check("1.5::float", "FLOAT", "1.5");
    check("12.50::decimal(10,2)", "DECIMAL(10,2)", "12.50");
    check("'grün 🍰 and longer than twelve'", "VARCHAR", "grün 🍰 and longer than twelve");
    check("date '2020-02-29'", "DATE", "2020-02-29");
    check("timestamp '2020-02-29 01:02:03'", "TIMESTAMP", "2020-02-29 01:02:03");
    check("null::integer", "INTEGER", "NULL");
    check("'ab'::blob", "BLOB", "ab");
    check("[1, 2]", "INTEGER[]", "[1, 2]");
    check("{'a': 1}", "STRUCT(\"a\" INTEGER)", "{'a': 1}");
    check("uuid '11111111-2222-3333-4444-555555555555'", "UUID",
          "11111111-2222-3333-4444-555555555555");
    check("interval 3 days", "INTERVAL", "3 days");
}

TEST(Session, StreamsManyBatches) {
    Session session = memory_session();
    const auto batch = session.query_all(
        "select i, case when i % 7 = 0 then null else i::varchar end as t from range(10000) r(i);");
    ASSERT_TRUE(batch.ok()) << batch.status().text();
    ASSERT_EQ(batch->row_count, 10'000u);
    EXPECT_FALSE(batch->columns[1].is_valid(7));
    EXPECT_EQ(batch->columns[1].text(9999), "9999");
    EXPECT_EQ(batch->columns[0].value<int64_t>(8191), 8191);
    EXPECT_EQ(session.query_all("from range(10)", 5).status().code(), Code::resource_exhausted);
}

TEST(Session, TellsFaultsInDuckDBsWords) {
    Session session = memory_session();
    const auto check = [&](const char* sql, Code code, const char* words) {
        const auto status = session.query(sql).status();
        EXPECT_EQ(status.code(), code) << sql << status.text();
        EXPECT_NE(status.text().find(words), std::string::npos) << status.text();
        EXPECT_EQ(status.text().find("LINE 1"), std::string::npos) << status.text();
    };
    check("selct 1", Code::invalid_argument, "syntax error at or near \"selct\"");
    check("select 1; select 2", Code::invalid_argument, "one SQL statement");
    check("", Code::invalid_argument, "no SQL statement");
    check("from nowhere", Code::not_found, "there is no table `nowhere`");
    check("select x from (select 1 as y)", Code::invalid_argument, "no column `x` here");
    check("install httpfs", Code::unavailable, "");
    EXPECT_EQ(session.query(std::string_view("select 1\0", 9)).status().code(),
              Code::invalid_argument);
    auto reader = session.query("select cast(i as tinyint) from range(5000) r(i)");
    Status status = reader.status();
    while (status.ok()) {
        auto views = reader->next();
        status = views.status();
        if (views.ok() && !views->has_value()) break;
    }
    EXPECT_EQ(status.code(), Code::invalid_argument) << status.text();
}

TEST(Session, TransactionsAreWhole) {
    Session session = memory_session();
    ASSERT_TRUE(session.execute("create table t(a integer)").ok());
    EXPECT_FALSE(
        session.in_transaction({"insert into t values (1)", "insert into nowhere values (1)"})
            .ok());
    EXPECT_EQ(session.query_int("select count(*) from t").value(), 0);
    EXPECT_TRUE(session.in_transaction({"insert into t values (1)"}).ok());
    EXPECT_EQ(session.query_int("select count(*) from t").value(), 1);
    EXPECT_FALSE(session.query_text("select null")->has_value());
}

TEST(Session, AppendsBatches) {
    Session session = memory_session();
    ASSERT_TRUE(session.execute("create table t(i bigint, s varchar)").ok());
    const auto batch = session.query_all(
        "select i, case when i % 5 = 0 then null else repeat('ab', (i % 30)::bigint) end "
        "from range(5000) r(i)");
    ASSERT_TRUE(batch.ok());
    const Status status = session.append({.table = "t"}, *batch);
    ASSERT_TRUE(status.ok()) << status.text();
    EXPECT_EQ(session.query_int("select count(*) from t").value(), 5000);
    EXPECT_EQ(session.query_int("select count(*) from t where s is null").value(), 1000);
    EXPECT_EQ(session.query_int("select max(length(s)) from t").value(), 58);
}

TEST(Session, NamesColumnsWithoutRunning) {
    Session session = memory_session();
    const auto schema =
        session.columns_of("select 1::smallint as \"select\", [1] as l, error('no') as 🍰");
    ASSERT_TRUE(schema.ok()) << schema.status().text();
    ASSERT_EQ(schema->size(), 3u);
    EXPECT_EQ((*schema)[0].name, "select");
    EXPECT_EQ((*schema)[0].type.id, frame::TypeId::smallint);
    EXPECT_EQ((*schema)[1].type.text(), "INTEGER[]");
    EXPECT_EQ((*schema)[2].name, "🍰");
}

TEST(Database, OneWriterAndBrokenFiles) {
    const auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder.ok());
    const std::string path = join_path(folder->path(), "w.duckdb");
    {
        auto database = Database::open({.path = path, .temp_folder = folder->path() + "/tmp"});
        ASSERT_TRUE(database.ok()) << database.status().text();
        auto session = database->connect();
        ASSERT_TRUE(session->execute("create table t as select 1 as a").ok());
    }
    auto again = Database::open({.path = path, .is_read_only = true});
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->connect()->query_int("select a from t").value(), 1);
    const std::string broken = join_path(folder->path(), "broken.duckdb");
    FILE* file = std::fopen(broken.c_str(), "w");
    std::fputs(std::string(20'000, 'x').c_str(), file);
    std::fclose(file);
    EXPECT_EQ(Database::open({.path = broken}).status().code(), Code::corrupt)
        << Database::open({.path = broken}).status().text();
    EXPECT_FALSE(Database::open({.path = "/nowhere/x.duckdb"}).ok());
}

TEST(Session, TellsWhatOnlyReads) {
    auto session = Database::open({})->connect().value();
    ASSERT_TRUE(session.execute("create table t as select 1 as a").ok());
    const auto check = [&](const char* sql, bool want) {
        const auto only_reads = session.only_reads(sql);
        ASSERT_TRUE(only_reads.ok()) << sql << ": " << only_reads.status().text();
        EXPECT_EQ(*only_reads, want) << sql;
    };
    for (const char* sql : {"select 1", "from t", "with x as (from t) from x;", "values (1)",
                            "describe t", "show tables", "summarize t", "explain select 1",
                            "explain (select 1)", "EXPLAIN ANALYZE from t",
                            "explain (format json) from t", "/* */ explain -- x\n from t"}) {
        check(sql, true);
    }
    for (const char* sql :
         {"copy t to '/tmp/never.csv'", "explain analyze copy t to '/tmp/never.csv'",
          "explain /* */ analyze copy t to '/tmp/never.csv'", "create table u as from t",
          "explain analyze create table u as from t", "drop table t", "install httpfs",
          "load httpfs", "attach ':memory:' as m", "set threads = 1", "checkpoint", "begin",
          "explain (format json) drop table t", "delete from t", "export database '/tmp/never'"}) {
        check(sql, false);
    }
    EXPECT_FALSE(session.only_reads("select 1; drop table t").ok());
    EXPECT_EQ(session.query_int("select count(*) from t").value(), 1);
}

}  // namespace
}  // namespace quern::sql
