#include "apps/cli/output.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"

namespace quern::cli {
namespace {

TEST(FaultText, ShowsThePlace) {
    const auto folder = TemporaryFolder::create();
    ASSERT_TRUE(folder.ok());
    const std::string text = "from: birds\nfeatures:\n  - größe + educaton\n";
    ASSERT_TRUE(write_file_durable(join_path(folder->path(), "m.yml"), text).ok());
    const auto fault = invalid_argument("no column `educaton` in census")
                           .at("m.yml:3:13")
                           .hint("did you mean `education`?");
    EXPECT_EQ(fault_text(fault, folder->path(), false),
              "error: m.yml:3:13: no column `educaton` in census\n"
              "  3 |   - größe + educaton\n"
              "    |             ^^^^^^^^\n"
              "  did you mean `education`?\n");
}

TEST(FaultText, CannotCommandTheTerminal) {
    const auto folder = TemporaryFolder::create().value();
    const std::string path = join_path(folder.path(), "m.csv");
    ASSERT_TRUE(write_file_durable(path, "a\tb\x1b[2J\xe4 bad\n").ok());
    const auto fault = invalid_argument("'\x1b]0;x' is bad\nand more").at("m.csv:1:10");
    EXPECT_EQ(fault_text(fault, folder.path(), false),
              "error: m.csv:1:10: '\\x1b]0;x' is bad\nand more\n"
              "  1 | a b\\x1b[2J\\xe4 bad\n"
              "    |                ^^^\n");
}

TEST(FaultText, LeavesOutWhatCannotBeShown) {
    const auto shown = [](std::string where) {
        return fault_text(invalid_argument("x").at(std::move(where)), "/nowhere", false);
    };
    EXPECT_EQ(shown("m.yml:3:13"), "error: m.yml:3:13: x\n");
    EXPECT_EQ(shown("m.yml"), "error: m.yml: x\n");
    EXPECT_EQ(shown(""), "error: x\n");
}

TEST(FaultText, CountsWhatIsTooMuch) {
    Status many = invalid_argument("0");
    for (int i = 1; i < 25; ++i) many.also(invalid_argument(std::to_string(i)));
    const std::string text = fault_text(many, "", false);
    EXPECT_NE(text.find("error: 19\n... and 5 further errors\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace quern::cli
