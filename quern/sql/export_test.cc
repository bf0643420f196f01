#include "quern/sql/export.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"

namespace quern::sql {
namespace {

class ExportTest : public testing::Test {
protected:
    TemporaryFolder folder_ = TemporaryFolder::create().value();
    Session session_ = Database::open({.threads = 1})->connect().value();

    std::string path(const std::string& name) { return join_path(folder_.path(), name); }
};

TEST_F(ExportTest, WritesTheFormatOfTheEnding) {
    const auto check = [&](const std::string& name, const std::string& reader) {
        const auto count = export_query(
            session_, "select i as \"select\", 'é, \"' || i as t from range(3000) r(i); -- done",
            path(name));
        ASSERT_TRUE(count.ok()) << name << count.status().text();
        EXPECT_EQ(*count, 3000);
        const auto sum =
            session_.query_int("select sum(\"select\")::bigint from " + reader + "(" +
                               quote_literal(path(name)) + ") where t = 'é, \"' || \"select\"");
        EXPECT_EQ(sum.ok() ? *sum : -1, 4'498'500) << name << sum.status().text();
    };
    check("a.csv", "read_csv");
    check("a.csv.gz", "read_csv");
    check("a.TSV", "read_csv");
    check("a.json", "read_json");
    check("a.ndjson", "read_json");
    check("it's.jsonl.zst", "read_json");
    check("a.parquet", "read_parquet");
    EXPECT_EQ(list_files(folder_.path())->size(), 7u) << "no temporary files stay";
}

TEST_F(ExportTest, LeavesTheOldFileWhenItFails) {
    ASSERT_TRUE(write_file_durable(path("a.csv"), "old\n").ok());
    const auto check = [&](const std::string& sql, const std::string& name, std::string_view want) {
        const auto count = export_query(session_, sql, path(name), place_in_text("q", sql));
        ASSERT_FALSE(count.ok()) << sql;
        EXPECT_NE(count.status().text().find(want), std::string::npos) << count.status().text();
    };
    check("select cast(x as integer) from (values ('1'), ('z')) v(x)", "a.csv", "'z'");
    check("select 'é', nope", "a.csv", "q:1:13: there is no column `nope` here");
    check("create table t(a int)", "a.csv", "q:1:1: syntax error");
    check("select 1; select 2", "a.csv", "one SQL statement");
    check("select 1", "a.xlsx", "names no format");
    check("select 1", "a.parquet.gz", "names no format");
    check("select 1", "nowhere/a.csv", "there is no folder '" + path("nowhere") + "' to write");
    EXPECT_EQ(read_file(path("a.csv")).value(), "old\n");
    EXPECT_EQ(list_files(folder_.path())->size(), 1u);
}

TEST_F(ExportTest, StreamsRows) {
    std::string out;
    const auto sink = [&](std::string_view bytes) -> Status {
        out += bytes;
        return {};
    };
    const auto count = stream_query(session_, "select i, [i] as l from range(2) r(i)",
                                    frame::RowFormat::ndjson, sink);
    ASSERT_TRUE(count.ok()) << count.status().text();
    EXPECT_EQ(out, "{\"i\": 0, \"l\": \"[0]\"}\n{\"i\": 1, \"l\": \"[1]\"}\n");
    EXPECT_EQ(stream_query(session_, "select", frame::RowFormat::csv, sink).status().code(),
              Code::invalid_argument);
}

}  // namespace
}  // namespace quern::sql
