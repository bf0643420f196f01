#include "apps/cli/node_lines.h"

#include <gtest/gtest.h>

namespace quern::cli {
namespace {

TEST(NodeLines, StandInColumns) {
    std::vector<flow::Node> nodes(2);
    nodes[0].name = "census";
    nodes[1].name = "größe_der_kunden";
    const NodeLines lines(nodes);
    const std::string census = lines.text({"census", "source", "3 rows", "0.10 s"});
    const std::string wide = lines.text({"größe_der_kunden", "table", "3 rows", "0.10 s"});
    EXPECT_EQ(census, "census            source    3 rows" + std::string(56, ' ') + "0.10 s\n");
    EXPECT_EQ(wide, "größe_der_kunden  table     3 rows" + std::string(56, ' ') + "0.10 s\n");
    EXPECT_EQ(lines.detail("below"), std::string(30, ' ') + "below\n");
}

TEST(NodeLines, MakeControlCharactersHarmless) {
    const NodeLines lines({});
    const std::string line = lines.text({"a\033[2Jb", "table", "x\ry", ""});
    EXPECT_EQ(line.find('\033'), std::string::npos);
    EXPECT_EQ(line.find('\r'), std::string::npos);
}

}  // namespace
}  // namespace quern::cli
