// Days, dates and times as DuckDB counts them: days and microseconds since 1970-01-01, proleptic
// Gregorian years with a year 0, and infinities at the ends of the range.
#pragma once

#include <cstdint>
#include <limits>

namespace quern::score {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();

inline bool is_finite_date(int32_t days) { return days != kDateInfinity && days != -kDateInfinity; }
inline bool is_finite_timestamp(int64_t micros) {
    return micros != kTimestampInfinity && micros != -kTimestampInfinity;
}

struct Civil {
    int32_t year = 1970, month = 1, day = 1;
};

inline bool is_leap_year(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

inline int32_t days_in_month(int32_t year, int32_t month) {
    constexpr int32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : kDays[month - 1];
}

// Years run from March here, so that the leap day is the last of a year.
inline int64_t days_of_civil(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

inline Civil civil_of_days(int64_t days) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    auto month = static_cast<int32_t>(shifted < 10 ? shifted + 3 : shifted - 9);
    return {static_cast<int32_t>(year_of_era + era * 400 + (month <= 2)), month,
            static_cast<int32_t>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

// False where there is no such day, or DuckDB's dates do not reach it.
inline bool days_of_date(int64_t year, int64_t month, int64_t day, int32_t& days) {
    if (year < -5877641 || year > 5881580 || month < 1 || month > 12 || day < 1) return false;
    if (day > days_in_month(static_cast<int32_t>(year), static_cast<int32_t>(month))) return false;
    int64_t found = days_of_civil(year, month, day);
    // The first date is -5877641-06-25 and the last 5881580-07-10; the infinities lie outside.
    if (found < -2147483646 || found > 2147483646) return false;
    days = static_cast<int32_t>(found);
    return true;
}

inline int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

inline int32_t days_of_timestamp(int64_t micros) {
    return static_cast<int32_t>(floor_div(micros, kMicrosPerDay));
}
// What is left over floor_div, at least 0.
inline int64_t floor_mod(int64_t a, int64_t b) { return a % b < 0 ? a % b + b : a % b; }
// Moments made of numbers may lie anywhere in 64 bits; DuckDB's differences wrap around.
inline int64_t wrapping_difference(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t time_of_timestamp(int64_t micros) { return floor_mod(micros, kMicrosPerDay); }
// False when out of the range of timestamps.
inline bool timestamp_of(int32_t days, int64_t time, int64_t& micros) {
    return !__builtin_mul_overflow(int64_t{days}, kMicrosPerDay, &micros) &&
           !__builtin_add_overflow(micros, time, &micros) && is_finite_timestamp(micros);
}

}  // namespace quern::score
