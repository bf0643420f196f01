#include "quern/base/clock.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(Clock, WritesUtc) {
    EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(utc_text(951'782'400'123), "2000-02-29T00:00:00.123Z");
}

TEST(Clock, CanBeSetAndComesBack) {
    const int64_t before = unix_ms_now();
    {
        FakeClock clock(1000);
        EXPECT_EQ(unix_ms_now(), 1000);
        clock.advance_ms(500);
        EXPECT_EQ(utc_now(), "1970-01-01T00:00:01.500Z");
    }
    EXPECT_GE(unix_ms_now(), before);
}

TEST(Clock, SteadySecondsNeverGoBack) {
    const double first = steady_seconds();
    EXPECT_GE(steady_seconds(), first);
}

}  // namespace
}  // namespace quern
