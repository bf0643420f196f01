#include "quern/frame/text_table.h"

#include <gtest/gtest.h>

#include "quern/base/text.h"
#include "quern/frame/display_width.h"

namespace quern::frame {
namespace {

TEST(DisplayWidth, CountsCellsOfTheTerminal) {
    const auto check = [](std::string_view text, int want) {
        EXPECT_EQ(display_width(text), want) << text;
    };
    check("", 0);
    check("abc", 3);
    check("grün", 4);
    check("e\u0301", 1);
    check("日本", 4);
    check("🍰", 2);
    check("…", 1);
}

TEST(DisplayWidth, WritesOutWhatWouldCommandTheTerminal) {
    const auto check = [](std::string_view text, std::string_view want) {
        EXPECT_EQ(printable(text), want);
    };
    check("a\nb\tc\r", "a\\nb\\tc\\r");
    check("\x1b[2J", "\\x1b[2J");
    check(std::string_view("a\0b", 3), "a\\x00b");
    check("a\xff\xc3z", "a\\xff\\xc3z");
    check("\u009b1m", "\\xc2\\x9b1m");
    check("\u202eabc", "\\xe2\\x80\\xaeabc");
    check("grün 🍰", "grün 🍰");
}

TEST(DisplayWidth, CutsToWidth) {
    EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
    EXPECT_EQ(cut_to_width("abcdefg", 6), "abcde…");
    EXPECT_EQ(cut_to_width("日本語", 5), "日本…");
    EXPECT_EQ(cut_to_width("日本語", 4), "日…");
    EXPECT_EQ(cut_to_width("abc", 1), "…");
    EXPECT_EQ(cut_to_width("abc", 0), "");
}

TEST(TextTable, AlignsNumbersRightAndTextsLeft) {
    TextTable table{{{"name"}, {"rows", true}}, {{"日本", "1"}, {"a longer one", "12,345"}}};
    EXPECT_EQ(aligned_text(table),
              "name            rows\n"
              "日本               1\n"
              "a longer one  12,345\n");
    EXPECT_EQ(aligned_text({{{"a"}}, {}}), "a\n");
    EXPECT_EQ(aligned_text({}), "\n");
}

TEST(TextTable, StaysWithinTheWidth) {
    TextTable table;
    std::vector<std::string> row;
    for (int i = 0; i < 10'000; ++i) {
        table.columns.push_back({"column " + std::to_string(i)});
        row.push_back(i == 0 ? std::string(500, 'x') : "y");
    }
    table.rows.push_back(row);
    const std::string text = aligned_text(table);
    for (const auto line : split_lines(text)) EXPECT_LE(display_width(line), 100) << line;
    EXPECT_NE(text.find("9,990 further columns"), std::string::npos) << text;

    const TextTable two{{{"a"}, {"b"}}, {{std::string(300, 'a'), std::string(60, 'b')}}};
    const std::string cut = aligned_text(two);
    EXPECT_EQ(display_width(split_lines(cut)[1]), 100) << cut;
}

TEST(TextTable, ShowsABatch) {
    Batch batch;
    batch.schema = {{"n", type_from_sql("INTEGER")}, {"odd\nname", type_from_sql("VARCHAR")}};
    for (const auto& column : batch.schema) batch.columns.emplace_back(column.type);
    batch.columns[0].append(int32_t{7});
    batch.columns[1].append_null();
    batch.columns[0].append_null();
    batch.columns[1].append_text(std::string(1'000'000, 'z'));
    batch.row_count = 2;
    const TextTable table = text_table_of(batch);
    EXPECT_TRUE(table.columns[0].is_number);
    EXPECT_EQ(table.columns[1].name, "odd\\nname");
    EXPECT_EQ(table.rows[0][1], "NULL");
    EXPECT_LT(table.rows[1][1].size(), 5'000u);
}

}  // namespace
}  // namespace quern::frame
