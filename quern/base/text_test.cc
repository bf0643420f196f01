#include "quern/base/text.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(Text, Utf8) {
    const auto check = [](std::string_view text, size_t want) {
        EXPECT_EQ(first_not_utf8(text), want) << text;
    };
    check("", std::string_view::npos);
    check("grün \xF0\x9F\x8D\xB0", std::string_view::npos);
    check("a\xFF", 1);
    check("ab\xC0\x80", 2);        // overlong
    check("\xED\xA0\x80", 0);      // surrogate
    check("\xF4\x90\x80\x80", 0);  // past U+10FFFF
    check("x\xE2\x82", 1);         // cut short
}

TEST(Text, Places) {
    const auto place = line_column("ab\ngrü x", 8);
    EXPECT_EQ(place.line, 2);
    EXPECT_EQ(place.column, 5);
    EXPECT_EQ(line_column("ab", 99).column, 3);
}

TEST(Text, Quotes) {
    EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

TEST(Text, Numbers) {
    EXPECT_EQ(with_thousands(32561), "32,561");
    EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
    EXPECT_EQ(with_thousands(12), "12");
    EXPECT_EQ(plural(1, "row"), "1 row");
    EXPECT_EQ(plural(0, "row"), "0 rows");
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(3'800'000), "3.8 MB");
    EXPECT_EQ(size_text(212'000), "212 kB");
    EXPECT_EQ(duration_text(0.094), "0.09 s");
    EXPECT_EQ(duration_text(12.34), "12.3 s");
    EXPECT_EQ(duration_text(123), "2 min 3 s");
    EXPECT_EQ(duration_text(4000), "1 h 6 min");
}

TEST(Text, Lines) {
    const auto lines = split_lines("a\r\nb\n\nc");
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[0], "a");
    EXPECT_EQ(lines[2], "");
    EXPECT_EQ(lines[3], "c");
}

}  // namespace
}  // namespace quern
