#include "quern/data/http/retry.h"

#include <gtest/gtest.h>

namespace quern::data::http {
namespace {

TEST(HttpRetry, tells_what_passes_from_what_stays) {
    for (const int status : {429, 500, 502, 503, 504}) EXPECT_TRUE(is_worth_retry(status));
    for (const int status : {200, 301, 400, 401, 403, 404, 409, 418, 501}) {
        EXPECT_FALSE(is_worth_retry(status)) << status;
    }
}

TEST(HttpRetry, reads_seconds_and_dates) {
    const int64_t now_ms = 1'445'412'480'000;  // Wed, 21 Oct 2015 07:28:00 GMT
    EXPECT_EQ(retry_after_s("120", now_ms), 120);
    EXPECT_EQ(retry_after_s(" 0 ", now_ms), 0);
    EXPECT_EQ(retry_after_s("Wed, 21 Oct 2015 07:28:30 GMT", now_ms), 30);
    EXPECT_EQ(retry_after_s("Wed, 21 Oct 2015 07:27:00 GMT", now_ms), 0);  // gone by
    for (const char* text : {"", "soon", "-5", "inf", "nan", "12x"}) {
        EXPECT_EQ(retry_after_s(text, now_ms), std::nullopt) << text;
    }
}

TEST(HttpRetry, doubles_up_to_a_limit_and_takes_a_part_of_it) {
    EXPECT_EQ(back_off_s(1, 0.5, 60, 1), 0.5);
    EXPECT_EQ(back_off_s(4, 0.5, 60, 1), 4);
    EXPECT_EQ(back_off_s(4, 0.5, 60, 0.25), 1);
    EXPECT_EQ(back_off_s(10'000, 0.5, 60, 1), 60);
    EXPECT_EQ(back_off_s(3, 0.5, 60, 0), 0);
}

}  // namespace
}  // namespace quern::data::http
