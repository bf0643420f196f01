// Parts of a moment, by the many names DuckDB has for them.
#pragma once

#include <optional>
#include <string_view>

#include "quern/score/functions/calendar.h"

namespace quern::score {

enum class DatePart : uint8_t {
    millennium,
    century,
    decade,
    year,
    quarter,
    month,
    week,
    day,
    hour,
    minute,
    second,
    millisecond,
    microsecond,
    isoyear,
    yearweek,
    day_of_week,
    iso_day_of_week,
    day_of_year,
    era,
    epoch,
    julian,
    timezone,
    timezone_hour,
    timezone_minute,
};

std::optional<DatePart> date_part_of(std::string_view name);  // in any case, "years", "yr", "y"

// A finite moment, taken apart once.
struct MomentParts {
    explicit MomentParts(int64_t micros)
        : days(days_of_timestamp(micros)),
          time(time_of_timestamp(micros)),
          civil(civil_of_days(days)) {}
    int32_t days;
    int64_t time;
    Civil civil;
};

int64_t part_value(DatePart part, const MomentParts& moment);
// How long the part is; 0 where it is not so many months, or microseconds.
int64_t months_of_part(DatePart part);
int64_t micros_of_part(DatePart part);
// Monday 0 to Sunday 6.
int32_t weekday(int32_t days);
// The week's number and the year it counts to, by ISO 8601.
void iso_week(int32_t days, int32_t& year, int32_t& week);

}  // namespace quern::score
