#include "quern/score/time_zone.h"

#include <gtest/gtest.h>

#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

int64_t micros_of(std::string_view text) {
    int64_t micros = 0;
    EXPECT_TRUE(parse_timestamp(text, micros)) << text;
    return micros;
}

// One hour ahead from 1970, two from 1980 until 1990; from 2101 on summer time from day 100 to 200.
TimeZone zone() {
    std::string yearly = "8640000=7200,17280000=3600";
    std::string rules = "0;0=3600,315532800=7200,631152000=3600;" + yearly;
    for (int i = 1; i < 14; ++i) rules += "/" + yearly;
    return TimeZone::parse(rules).value();
}

void check(std::string_view utc, std::string_view local) {
    EXPECT_EQ(zone().local_micros(micros_of(utc)), micros_of(local)) << utc;
    EXPECT_EQ(zone().utc_micros(micros_of(local)), micros_of(utc)) << local;
}

TEST(TimeZone, shows_each_moment_by_the_rule_of_its_time) {
    check("1969-12-31 23:59:59", "1969-12-31 23:59:59");
    check("1970-01-01 00:00:00", "1970-01-01 01:00:00");
    check("1980-01-01 00:00:00.5", "1980-01-01 02:00:00.5");
    check("2050-06-01 12:00:00", "2050-06-01 13:00:00");
    check("2101-01-01 12:00:00", "2101-01-01 13:00:00");
    check("2102-04-10 23:59:59", "2102-04-11 00:59:59");
    check("2102-04-11 00:00:00", "2102-04-11 02:00:00");
    check("9999-01-01 00:00:00", "9999-01-01 01:00:00");
}

TEST(TimeZone, takes_the_second_of_two_times_and_steps_over_a_gap) {
    EXPECT_EQ(zone().utc_micros(micros_of("1990-01-01 01:30:00")),
              micros_of("1990-01-01 00:30:00"));
    EXPECT_EQ(zone().utc_micros(micros_of("1980-01-01 01:30:00")),
              micros_of("1980-01-01 00:30:00"));
}

TEST(TimeZone, refuses_broken_rules) {
    const std::string years(13, '/');
    EXPECT_TRUE(TimeZone::parse("3600;;" + years).ok());
    for (const std::string& rules :
         {std::string(), std::string("x;;") + years, "3600;1=2,1=3;" + years, "3600;1;" + years,
          "999999;;" + years, "0;1=999999;" + years, "0;;" + years + "//", "0;;1=2" + years,
          "0;9999999999999=1;" + years})
        EXPECT_FALSE(TimeZone::parse(rules).ok()) << rules;
}

}  // namespace
}  // namespace quern::score
