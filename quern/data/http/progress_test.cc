#include "quern/data/http/progress.h"

#include <gtest/gtest.h>

#include "quern/base/clock.h"

namespace quern::data::http {
namespace {

TEST(HttpProgress, is_kept_without_the_secrets_it_holds) {
    const std::vector<std::string> secrets = {"key/1", "", "0"};
    const Progress progress{.at = "http://h/?p=20&a=key/1&b=key%2F1\"",
                            .record_count = 12,
                            .since = "2026",
                            .last = "2027",
                            .is_under_way = true};
    const std::string text = progress.text(secrets);
    EXPECT_EQ(text.find("key"), std::string::npos) << text;
    const auto read = Progress::parse(text, secrets).value();
    EXPECT_EQ(read.at, progress.at);
    EXPECT_EQ(read.record_count, 12);
    EXPECT_EQ(read.since, "2026");
    EXPECT_EQ(read.last, "2027");
    EXPECT_TRUE(read.is_under_way);
    // A key that was replaced meanwhile takes its place.
    EXPECT_EQ(Progress::parse(text, {"new", "", "0"}).value().at, "http://h/?p=20&a=new&b=new\"");
    EXPECT_FALSE(Progress::parse(Progress{.last = "7"}.text({}), {}).value().is_under_way);
    EXPECT_FALSE(Progress::parse("", {}).value().is_under_way);
    EXPECT_FALSE(Progress::parse("no", {}).ok());
}

TEST(HttpProgress, keeps_the_highest_value) {
    const FakeClock clock(1'772'539'200'000);  // 2026-03-03
    const auto highest = [](const std::vector<std::string>& values) {
        Progress progress;
        for (const auto& value : values) progress.raise(value);
        return progress.last;
    };
    EXPECT_EQ(highest({"9", "10", "2"}), "10");
    EXPECT_EQ(highest({"2026-01-02", "2026-01-10", "2025-12-31"}), "2026-01-10");
    EXPECT_EQ(highest({"2026-03-03T01:00:00Z", "2999-01-01T00:00:00Z"}), "2026-03-03T01:00:00Z");
    EXPECT_EQ(highest({}), "");
}

}  // namespace
}  // namespace quern::data::http
