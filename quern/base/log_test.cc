#include "quern/base/log.h"

#include <gtest/gtest.h>

#include "quern/base/clock.h"

namespace quern {
namespace {

constexpr int64_t kNoon = 1'772'366'400'000;  // 2026-03-01T12:00:00Z

class Log : public testing::Test {
protected:
    ~Log() override { set_log({}); }
    FakeClock clock_{kNoon};
};

TEST_F(Log, WritesTextThatStaysOnOneLine) {
    const auto check = [](std::string_view message, LogField field, std::string_view want) {
        EXPECT_EQ(log_line(false, LogLevel::info, message, {field}),
                  "2026-03-01T12:00:00.000Z info " + std::string(want));
    };
    check("loaded", {"rows", 12}, "loaded rows=12");
    check("loaded", {"ms", 1.5}, "loaded ms=1.5");
    check("loaded", {"cold", true}, "loaded cold=true");
    check("loaded", {"model", "income"}, "loaded model=income");
    check("loaded", {"model", "a b"}, "loaded model=\"a b\"");
    check("loaded", {"model", ""}, "loaded model=\"\"");
    check("two\nlines", {"rows", 1}, "\"two\\nlines\" rows=1");
    check("loaded", {"model", "\x1b[2J"}, "loaded model=\"\\u001b[2J\"");
}

TEST_F(Log, WritesJsonLines) {
    EXPECT_EQ(log_line(true, LogLevel::error, "a \"b\"\n", {{"rows", 12}, {"model", "x"}}),
              R"({"time": "2026-03-01T12:00:00.000Z", "level": "error", )"
              R"("message": "a \"b\"\n", "rows": 12, "model": "x"})");
}

TEST_F(Log, LeavesOutWhatIsBelowTheLevel) {
    testing::internal::CaptureStderr();
    set_log({.level = LogLevel::warning});
    log(LogLevel::info, "quiet");
    log(LogLevel::warning, "loud");
    set_log({.level = LogLevel::off});
    log(LogLevel::error, "never");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "2026-03-01T12:00:00.000Z warning loud\n");
    EXPECT_FALSE(logs(LogLevel::off));
}

TEST_F(Log, KnowsItsLevelsByName) {
    EXPECT_EQ(parse_log_level("debug").value(), LogLevel::debug);
    EXPECT_EQ(parse_log_level("off").value(), LogLevel::off);
    EXPECT_EQ(parse_log_level("warnin").status().hint(), "did you mean 'warning'?");
}

}  // namespace
}  // namespace quern
