#include "quern/project/sql_text.h"

#include <gtest/gtest.h>

#include <random>

#include "quern/project/keys.h"

namespace quern::project {
namespace {

std::string shown(std::string_view text) {
    const SqlText scanned = scan_sql(text);
    if (!scanned.fault.message.empty()) {
        return scanned.fault.message + " at " + std::to_string(scanned.fault.offset);
    }
    std::string all;
    for (const auto& statement : scanned.statements) {
        all +=
            "<" + std::string(text.substr(statement.begin, statement.end - statement.begin)) + ">";
        for (const auto& variable : statement.variables) {
            all += variable.name + "@" + std::to_string(variable.offset) + " ";
        }
    }
    return all;
}

TEST(SqlText, FindsStatements) {
    const auto check = [](std::string_view text, std::string_view want) {
        EXPECT_EQ(shown(text), want) << text;
    };
    check("", "");
    check(" ; ;; -- a;b\n/* ; */", "");
    check("a; b ;c", "<a><b><c>");
    check("a /* x /* y */ ; */ b", "<a /* x /* y */ ; */ b>");
    check("a -- ;", "<a>");
    check("'a''; b' ; c", "<'a''; b'><c>");
    check("'a\\'; b", "<'a\\'><b>");
    check("e'a\\'; b'", "<e'a\\'; b'>");
    check("name'a\\'; b", "<name'a\\'><b>");
    check("$$;$$ ; $x$ $$ ; $x$", "<$$;$$><$x$ $$ ; $x$>");
    check("/* open", "this comment is not closed at 0");
    check("a; 'open", "this text is not closed at 3");
}

TEST(SqlText, FindsVariables) {
    const auto check = [](std::string_view text, std::string_view want) {
        EXPECT_EQ(shown(text), want) << text;
    };
    check("$cap", "<$cap>cap@0 ");
    check("a > $cap and b in $levels", "<a > $cap and b in $levels>cap@4 levels@18 ");
    check("'$no' \"$no\" -- $no\n/* $no */ $yes", "<'$no' \"$no\" -- $no\n/* $no */ $yes>yes@29 ");
    check("a$b", "<a$b>");
    check("$1", "<$1>1@0 ");
    check("$ 1", "<$ 1>");
}

// Whatever the bytes, reading ends, and what is found lies within the text.
TEST(SqlText, TakesAnyBytes) {
    constexpr std::string_view kBytes = "/*-'\"$;a \n:[{}]\\\xC3\xA9\xFF#&!|>%@`,e";
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string text = round % 2 == 0 ? "" : "/* ---\n";
        const size_t length = random() % 40;
        while (text.size() < length) text += kBytes[random() % kBytes.size()];
        if (round % 3 == 0) text += "\n--- */ select 1";
        for (const auto& statement : scan_sql(text).statements) {
            ASSERT_LT(statement.begin, statement.end);
            ASSERT_LE(statement.end, text.size());
        }
        const auto table = read_table_file(text, "t.sql");
        if (table.ok()) {
            ASSERT_NE(text.find(table->sql), std::string::npos);
        } else {
            ASSERT_TRUE(table.status().where().starts_with("t.sql")) << table.status().text();
        }
    }
}

}  // namespace
}  // namespace quern::project
