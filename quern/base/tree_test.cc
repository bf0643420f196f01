#include "quern/base/tree.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

std::string fault(std::string_view text) {
    return parse_yaml({.text = text, .file = "f.yml", .first_line = 3}).status().text();
}

TEST(Tree, KeepsTextsAndPlaces) {
    const auto tree = parse_yaml({.text = "a: 1.10\nb: ['x', {c: \"2\"}]\n", .file = "f.yml"});
    ASSERT_TRUE(tree.ok());
    EXPECT_EQ(tree->find("a")->text, "1.10");
    EXPECT_FALSE(tree->find("a")->is_quoted);
    EXPECT_TRUE(tree->find("b")->items[0].is_quoted);
    const Tree* c = tree->find("b")->items[1].find("c");
    ASSERT_NE(c, nullptr);
    EXPECT_EQ(c->place.text(), "f.yml:2:14");
    EXPECT_EQ(tree->find("z"), nullptr);
}

TEST(Tree, NullMayBeAKey) {
    const auto tree = parse_yaml({.text = "contract: {null: error, type: allow}"});
    ASSERT_TRUE(tree.ok()) << tree.status().text();
    EXPECT_EQ((*tree).find("contract")->find("null")->text, "error");
}

TEST(Tree, EmptyTextIsNothing) {
    for (const auto* text : {"", "\n\n", "# only a comment\n"}) {
        const auto tree = parse_yaml({.text = text, .file = "f.yml"});
        ASSERT_TRUE(tree.ok()) << text;
        EXPECT_TRUE(tree->is_null()) << text;
    }
}

TEST(Tree, RefusesWhatIsNotOneYamlMap) {
    EXPECT_EQ(fault("a: 1\na: 2\n"), "f.yml:4:1: key 'a' is written twice");
    EXPECT_NE(fault("a: [1, 2\n").find("f.yml:"), std::string::npos);
    EXPECT_NE(fault("a: 1\n---\nb: 2\n").find("more than one YAML document"), std::string::npos);
    EXPECT_NE(fault(",").find("signs out of place"), std::string::npos) << "once ran for ever";
    EXPECT_NE(fault("a: &a [1, *a]").find("an alias within what it names"), std::string::npos);
    EXPECT_NE(fault(std::string_view("a: \0 1", 6)).find("NUL byte"), std::string::npos);
    EXPECT_NE(fault("a: \xff\xfe").find("not UTF-8"), std::string::npos);
}

TEST(Tree, LimitsDepthAndExpansion) {
    EXPECT_NE(fault(std::string(100'000, '[')).find("nested"), std::string::npos);
    std::string blocks;
    for (int i = 0; i < 100; ++i) blocks += std::string(i, ' ') + "a:\n";
    EXPECT_NE(fault(blocks).find("nested deeper than 64"), std::string::npos);
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 8; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int j = 1; j < 10; ++j) bomb += ", " + before;
        bomb += "]\n";
    }
    EXPECT_NE(fault(bomb).find("more than 200000 values"), std::string::npos);
}

}  // namespace
}  // namespace quern
