#include "quern/data/record_scanner.h"

#include <gtest/gtest.h>

#include <fstream>

#include "quern/base/folder.h"

namespace quern::data {
namespace {

// "line:fields[fault]" of each record.
std::string scan(const std::string& bytes, Dialect dialect = {}, RecordLimits limits = {}) {
    auto folder = TemporaryFolder::create();
    const std::string path = join_path(folder->path(), "x.csv");
    std::ofstream(path, std::ios::binary) << bytes;
    auto scanner = RecordScanner::open(path, dialect, limits);
    if (!scanner.ok()) return scanner.status().text();
    std::string seen;
    Record record;
    while (*scanner->next(record)) {
        const char* names[] = {"", "long", "unclosed", "after", "nul", "utf8"};
        seen += (seen.empty() ? "" : " ") + std::to_string(record.line) + ":" +
                std::to_string(record.field_count) + names[static_cast<int>(record.fault)];
    }
    return seen;
}

TEST(RecordScanner, finds_records_and_their_lines) {
    EXPECT_EQ(scan("a,b\n1,2\n3,4\n"), "1:2 2:2 3:2");
    EXPECT_EQ(scan("a,b\n1,2"), "1:2 2:2");
    EXPECT_EQ(scan("a,b\r\n1,2\r\n"), "1:2 2:2");
    EXPECT_EQ(scan("a,b\r1,2\r3,4\r"), "1:2 2:2 3:2");
    EXPECT_EQ(scan("\xEF\xBB\xBF"
                   "a,b\n1,2\n"),
              "1:2 2:2");
    EXPECT_EQ(scan("a,b\n\n\n1,2\n\n"), "1:2 4:2");
    EXPECT_EQ(scan(""), "");
}

TEST(RecordScanner, keeps_quoted_fields_whole) {
    EXPECT_EQ(scan("a,b\n1,\"x,\ny\"\n2,z\n"), "1:2 2:2 4:2");
    EXPECT_EQ(scan("\"a\"\"b\",c\n"), "1:2");
    EXPECT_EQ(scan("a\"b,c\n"), "1:2");
    EXPECT_EQ(scan("\"a\\\"b\",c\n", {.escape = '\\'}), "1:2");
    EXPECT_EQ(scan("'a,b',c\n", {.quote = '\'', .escape = '\''}), "1:2");
    EXPECT_EQ(scan("\"a,b\",c\n", {.quote = 0}), "1:3");
}

TEST(RecordScanner, gives_up_only_the_line_of_a_stray_quote) {
    EXPECT_EQ(scan("a,b\n1,\"x\n2,y\n3,z\n"), "1:2 2:2unclosed 3:2 4:2");
    EXPECT_EQ(scan("a,b\n1,\"x\"y\n2,y\n"), "1:2 2:2after 3:2");
    EXPECT_EQ(scan("a,b\n1,\"x\n2,\"y\n3,z\n"), "1:2 2:2after 3:2unclosed 4:2");
}

TEST(RecordScanner, passes_over_what_is_too_long_in_little_memory) {
    const std::string field(5 << 20, 'x');
    EXPECT_EQ(scan("a,b\n1," + field + "\n2,y\n", {}, {.size_bytes_max = 1 << 20}),
              "1:2 2:2long 3:2");
    EXPECT_EQ(scan("a,b\n1," + field, {}, {.size_bytes_max = 1 << 20}), "1:2 2:2long");
    EXPECT_EQ(scan("a,b\n1,\"" + field + "\n\"\n2,y\n", {}, {.size_bytes_max = 1 << 20}),
              "1:2 2:2long 3:1unclosed 4:2");
}

TEST(RecordScanner, names_bytes_that_are_no_text) {
    EXPECT_EQ(scan(std::string("a,b\n1,x\0y\n2,z\n", 14)), "1:2 2:2nul 3:2");
    EXPECT_EQ(scan("a,b\n1,caf\xE9\n2,caf\xC3\xA9\n"), "1:2 2:2utf8 3:2");
}

TEST(RecordScanner, skips_lines_and_comments) {
    EXPECT_EQ(scan("title \"\n\na,b\n1,2\n", {.skip_lines = 2}), "3:2 4:2");
    EXPECT_EQ(scan("|x\na,b\n|1,2\n", {.comment = '|'}), "2:2");
    EXPECT_EQ(scan("a, b\n1, x,y\n", {.delimiter = ", "}), "1:2 2:2");
}

TEST(RecordScanner, does_not_depend_on_where_a_read_ends) {
    std::string bytes = "a,b\n";
    std::string want = "1:2";
    int line = 2;
    for (int i = 0; i < 200'000; ++i) {
        const bool is_long = i % 3 == 0;
        bytes += is_long ? "1,\"x\r\ny\"\"\"\r\n" : "2,z\r\n";
        want += " " + std::to_string(line) + ":2";
        line += is_long ? 2 : 1;
    }
    EXPECT_EQ(scan(bytes), want);
}

TEST(SplitFields, unquotes) {
    using Fields = std::vector<std::string>;
    EXPECT_EQ(split_fields("a,\"b,\"\"c\",", {}), (Fields{"a", "b,\"c", ""}));
    EXPECT_EQ(split_fields("", {}), (Fields{""}));
    EXPECT_EQ(split_fields("\"a\\\"b\"", {.escape = '\\'}), (Fields{"a\"b"}));
}

TEST(Printable, shows_every_byte) {
    EXPECT_EQ(printable(std::string("a\0b\xE9\t\xC3\xA9", 7)), "a\\x00b\\xE9\t\xC3\xA9");
    EXPECT_EQ(printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace quern::data
