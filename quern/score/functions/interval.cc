#include "quern/score/functions/interval.h"

#include <algorithm>
#include <cmath>

#include "quern/score/functions/date_part.h"
#include "quern/score/functions/number.h"

namespace quern::score {
namespace {

constexpr int64_t kDaysPerMonth = 30, kSecondsPerDay = 86400;

// Rounded to microseconds, so that whole numbers come out whole.
double whole_micros(double seconds) {
    return std::nearbyint(seconds * kMicrosPerSecond) / kMicrosPerSecond;
}

bool fits_int32(double value) { return value >= -2147483648.0 && value <= 2147483647.0; }

// Minus the smallest number is the smallest number again, as in DuckDB.
template <class T>
T wrapped_minus(T value) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(Unsigned{0} - static_cast<Unsigned>(value));
}

}  // namespace

Interval interval_of_micros(int64_t micros) {
    return {0, static_cast<int32_t>(micros / kMicrosPerDay), micros % kMicrosPerDay};
}

Interval inverted(const Interval& interval) {
    return {wrapped_minus(interval.months), wrapped_minus(interval.days),
            wrapped_minus(interval.micros)};
}

bool total_micros(const Interval& interval, int64_t& micros) {
    int64_t months = 0, days = 0;
    return !__builtin_mul_overflow(int64_t{interval.months}, kMicrosPerMonth, &months) &&
           !__builtin_mul_overflow(int64_t{interval.days}, kMicrosPerDay, &days) &&
           !__builtin_add_overflow(interval.micros, months, &micros) &&
           !__builtin_add_overflow(micros, days, &micros);
}

// Fractions of months become days, those of days microseconds, and none goes back up.
bool multiply(const Interval& interval, double factor, Interval& out) {
    double months = interval.months * factor, days = interval.days * factor;
    if (!fits_int32(months) || !fits_int32(days)) return false;
    out.months = static_cast<int32_t>(months);
    auto whole_days = static_cast<int64_t>(static_cast<int32_t>(days));
    double month_rest = whole_micros((months - out.months) * kDaysPerMonth);
    auto day_rest = static_cast<int32_t>(month_rest);
    double seconds = whole_micros((days - static_cast<double>(whole_days) + month_rest - day_rest) *
                                  kSecondsPerDay);
    if (std::fabs(seconds) >= kSecondsPerDay) {
        auto carried = static_cast<int32_t>(seconds / kSecondsPerDay);
        whole_days += carried;
        seconds -= static_cast<double>(int64_t{carried} * kSecondsPerDay);
    }
    out.days = static_cast<int32_t>(whole_days + day_rest);
    return convert_number(
        std::nearbyint(static_cast<double>(interval.micros) * factor + seconds * kMicrosPerSecond),
        out.micros);
}

Interval age_between(int64_t to, int64_t from) {
    MomentParts later(std::max(to, from)), earlier(std::min(to, from));
    int64_t time = later.time - earlier.time;
    int32_t months =
        (later.civil.year - earlier.civil.year) * 12 + later.civil.month - earlier.civil.month;
    int32_t days = later.civil.day - earlier.civil.day;
    if (time < 0) {
        time += kMicrosPerDay;
        --days;
    }
    // Days are borrowed from the month in which the earlier moment lies.
    for (; days < 0; --months) days += days_in_month(earlier.civil.year, earlier.civil.month);
    Interval age{months, days, time};
    return to < from ? inverted(age) : age;
}

bool add_months(int32_t days, int64_t months, int32_t& out) {
    Civil civil = civil_of_days(days);
    int64_t month = int64_t{civil.year} * 12 + civil.month - 1 + months;
    int64_t year = floor_div(month, 12);
    auto month_of_year = static_cast<int32_t>(month - year * 12) + 1;
    if (year < INT32_MIN || year > INT32_MAX) return false;
    int32_t last = days_in_month(static_cast<int32_t>(year), month_of_year);
    return days_of_date(year, month_of_year, std::min(civil.day, last), out);
}

bool shift_date(int32_t days, const Interval& interval, int32_t& out) {
    out = days;
    if (interval.months != 0 && !add_months(days, interval.months, out)) return false;
    int64_t sum = int64_t{out} + interval.days;
    if (sum < INT32_MIN || sum > INT32_MAX) return false;
    sum += static_cast<int32_t>(interval.micros / kMicrosPerDay);
    out = static_cast<int32_t>(sum);
    return out == sum && is_finite_date(out);
}

bool shift_timestamp(int64_t micros, const Interval& interval, int64_t& out) {
    int32_t days = 0;
    if (!shift_date(days_of_timestamp(micros), interval, days)) return false;
    int64_t time = time_of_timestamp(micros) + interval.micros % kMicrosPerDay;
    return timestamp_of(days, time, out);
}

bool shift_instant(int64_t micros, const Interval& interval, int64_t& out) {
    Interval days{interval.months, interval.days, 0}, clock{0, 0, interval.micros};
    bool is_negative = interval.months < 0 || interval.days < 0 || interval.micros < 0;
    if (is_negative) return shift_timestamp(micros, clock, out) && shift_timestamp(out, days, out);
    return shift_timestamp(micros, days, out) && shift_timestamp(out, clock, out);
}

int64_t shift_time(int64_t time, int64_t micros) {
    time += micros % kMicrosPerDay;
    if (time >= kMicrosPerDay) return time - kMicrosPerDay;
    return time < 0 ? time + kMicrosPerDay : time;
}

}  // namespace quern::score
