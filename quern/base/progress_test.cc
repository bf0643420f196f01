// Covers progress.cc and terminal.cc.
#include "quern/base/progress.h"

#include <gtest/gtest.h>

#include <thread>

#include "quern/base/terminal.h"
#include "quern/base/text.h"

namespace quern {
namespace {

TEST(Progress, DrawsABarOfWhatIsDone) {
    const auto check = [](ProgressState state, std::string_view want) {
        EXPECT_TRUE(progress_line(state, 100).starts_with(want)) << progress_line(state, 100);
    };
    check({.label = "train", .done = 50, .total = 100, .seconds = 1.2},
          "train  [############............]  50 %  50 of 100  ");
    check({.label = "train", .done = 0, .total = 100}, "train  [........................]  0 %");
    check({.label = "train", .done = 300, .total = 100},
          "train  [########################]  100 %");
    check({.label = "load", .done = 12'345}, "load  12,345  ");
    check({.label = "load"}, "load  ");
}

TEST(Progress, FitsTheTerminal) {
    const ProgressState state{.label = "größe", .done = 1, .total = 2};
    for (int columns = 0; columns < 60; ++columns) {
        const std::string line = progress_line(state, columns);
        EXPECT_LE(line.size(), static_cast<size_t>(std::max(1, columns - 1)));
        EXPECT_TRUE(is_utf8(line)) << "a letter is not cut in two";
    }
}

TEST(Progress, WritesNothingWhereNobodyWatches) {
    testing::internal::CaptureStderr();
    {
        Progress progress("train", 1000);
        std::thread other([&] { progress.add(10); });
        progress.set_label("fit");
        progress.set(500);
        other.join();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Terminal, IsNoneWhereAFileStands) {
    testing::internal::CaptureStderr();
    EXPECT_FALSE(stderr_is_terminal());
    EXPECT_FALSE(stderr_has_color());
    EXPECT_EQ(terminal_columns(), 100);
    print_stderr("a line\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "a line\n");
}

TEST(Terminal, ALineTakesThePlaceOfTheBar) {
    testing::internal::CaptureStderr();
    detail::show_status_line("bar");
    print_stderr("a line\n");
    detail::show_status_line("");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "\r\x1b[Kbar\r\x1b[Ka line\n");
}

}  // namespace
}  // namespace quern
