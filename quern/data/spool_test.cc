#include "quern/data/spool.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"

namespace quern::data {
namespace {

TEST(Spool, WritesLinesAndCountsThem) {
    const auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder.ok());
    auto spool = Spool::create(join_path(folder->path(), "rows.ndjson"));
    ASSERT_TRUE(spool.ok());
    const std::string text(3000, 'x');
    for (int i = 0; i < 1000; ++i) {
        spool->line() += text;
        ASSERT_TRUE(spool->end_line().ok());
    }
    EXPECT_EQ(spool->size_bytes(), 3'001'000U);
    ASSERT_TRUE(spool->close().ok());
    EXPECT_EQ(spool->row_count(), 1000);
    EXPECT_EQ(read_file(spool->path())->size(), 3'001'000U);
    EXPECT_EQ(Spool::create(folder->path() + "/none/x").status().code(), Code::not_found);
}

TEST(Spool, TextIsANumberOnlyWhereJsonWritesItSo) {
    const auto check = [](std::string_view text, const std::string& want) {
        std::string line;
        append_json_scalar(line, text);
        EXPECT_EQ(line, want);
    };
    for (const auto* number : {"0", "-7", "12.5", "-0.25", "123456789012345678"})
        check(number, number);
    check("", "\"\"");
    check("007", "\"007\"");
    check("1.50", "\"1.50\"");  // would come back as 1.5
    check("1.", "\"1.\"");
    check(".5", "\".5\"");
    check("1e5", "\"1e5\"");
    check("1234567890123456789", "\"1234567890123456789\"");
    check("0.1234567890123456", "\"0.1234567890123456\"");
    check("-", "\"-\"");
    check("a\"b\\\n", R"("a\"b\\\n")");
    check("Köln", "\"Köln\"");
    check("\xff\x01", "\"ff01\"");
    check(std::string_view("a\0", 2), "\"6100\"");
}

TEST(Spool, FieldsAreAddedAndNothingElseIsMended) {
    const auto check = [](std::string line, std::string_view json, const std::string& want) {
        EXPECT_TRUE(append_json_fields(line, json));
        EXPECT_EQ(line, want);
    };
    check("{\"o\":1", "{\"a\":2}", "{\"o\":1,\"a\":2}");
    check("{\"o\":1", " {\n}\r\n", "{\"o\":1\t}\t\t");
    check("{", "{\"a\":2}", "{\"a\":2}");
    check("{\"o\":1", "{,}", "{\"o\":1,,}");  // stays broken
    check("{\"o\":1", "{\"a\":\"}", "{\"o\":1,\"a\":\"}");
    std::string line = "{\"o\":1";
    for (const auto* json : {"", "[1]", "7", "\"{}\"", "null"}) {
        EXPECT_FALSE(append_json_fields(line, json)) << json;
    }
    EXPECT_EQ(line, "{\"o\":1");
}

}  // namespace
}  // namespace quern::data
