// Intervals out of numbers and of two moments.
#include <algorithm>

#include "quern/score/functions/interval.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// Whole units as an interval of months, days or microseconds.
template <class T, int64_t factor, auto field>
Row make_interval(T count, Interval& out) {
    out = {};
    int64_t units = 0;
    if constexpr (kIsFloat<T>) {
        if (!convert_number(count * static_cast<double>(factor), units)) return Row::failed;
    } else if (__builtin_mul_overflow(static_cast<int64_t>(count), factor, &units)) {
        return Row::failed;
    }
    auto& slot = out.*field;
    slot = static_cast<std::remove_reference_t<decltype(slot)>>(units);
    return slot == units ? Row::value : Row::failed;
}

template <class T, int64_t factor, auto field>
Result<BoundFunction> bind_interval(const Signature& signature) {
    return bind_as<make_interval<T, factor, field>, Interval, T>(signature);
}

// DuckDB has these for both integers.
template <int64_t factor, auto field>
Result<BoundFunction> bind_count(const Signature& signature) {
    if (fits<Interval, int32_t>(signature)) return bind_interval<int32_t, factor, field>(signature);
    return bind_interval<int64_t, factor, field>(signature);
}

Row age_of_timestamps(int64_t to, int64_t from, Interval& out) {
    if (!is_finite_timestamp(to) || !is_finite_timestamp(from)) return Row::null;
    out = age_between(to, from);
    return Row::value;
}
// Of infinities DuckDB gives a number of years without meaning here.
Row age_of_instants(int64_t to, int64_t from, Interval& out) {
    if (!is_finite_timestamp(to) || !is_finite_timestamp(from)) return Row::failed;
    out = age_between(to, from);
    return Row::value;
}

Result<BoundFunction> bind_age(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() == 1) return unimplemented("the age of one moment changes from day to day");
    if (types.size() != 2 || !(types[0] == types[1])) return no_overload(signature);
    if (types[0].id == TypeId::timestamp)
        return bind_as<age_of_timestamps, Interval, int64_t, int64_t>(signature);
    if (types[0].id == TypeId::timestamptz)
        return bind_as<age_of_instants, Interval, int64_t, int64_t>(signature);
    return no_overload(signature);
}

// What a 32-bit field cannot hold goes into the next smaller one.
int32_t borrowed(int64_t field, int64_t& smaller, int64_t scale) {
    int64_t kept = std::min<int64_t>(std::max<int64_t>(field, INT32_MIN), INT32_MAX);
    smaller += (field - kept) * scale;
    return static_cast<int32_t>(kept);
}

void normalized(const Interval& interval, Interval& out) {
    int64_t days = interval.days + interval.micros / kMicrosPerDay;
    int64_t months = interval.months + days / 30;
    days %= 30;
    out.micros = interval.micros % kMicrosPerDay;
    out.months = borrowed(months, days, 30);
    out.days = borrowed(days, out.micros, kMicrosPerDay);
}

}  // namespace

QUERN_ROW_FUNCTION("to_millennia", "So many millennia as an interval.",
                   "to_millennia(1) = interval 1000 year", bind_count<12'000, &Interval::months>);
QUERN_ROW_FUNCTION("to_centuries", "So many centuries as an interval.",
                   "to_centuries(1) = interval 100 year", bind_count<1200, &Interval::months>);
QUERN_ROW_FUNCTION("to_decades", "So many decades as an interval.",
                   "to_decades(1) = interval 10 year", bind_count<120, &Interval::months>);
QUERN_ROW_FUNCTION("to_years", "So many years as an interval.",
                   "date '2024-02-29' + to_years(1) = timestamp '2025-02-28 00:00:00'",
                   bind_count<12, &Interval::months>);
QUERN_ROW_FUNCTION("to_quarters", "So many quarters as an interval.",
                   "to_quarters(1) = interval 3 month", bind_count<3, &Interval::months>);
QUERN_ROW_FUNCTION("to_months", "So many months as an interval.",
                   "date '2024-01-31' + to_months(1) = timestamp '2024-02-29 00:00:00'",
                   bind_count<1, &Interval::months>);
QUERN_ROW_FUNCTION("to_weeks", "So many weeks as an interval.",
                   "date '2024-01-01' + to_weeks(1) = timestamp '2024-01-08 00:00:00'",
                   bind_count<7, &Interval::days>);
QUERN_ROW_FUNCTION("to_days", "So many days as an interval.",
                   "date '2024-01-01' + to_days(1) = timestamp '2024-01-02 00:00:00'",
                   bind_count<1, &Interval::days>);
QUERN_ROW_FUNCTION("to_hours", "So many hours as an interval.",
                   "date '2024-01-01' + to_hours(1) = timestamp '2024-01-01 01:00:00'",
                   bind_interval<int64_t, kMicrosPerHour, &Interval::micros>);
QUERN_ROW_FUNCTION("to_minutes", "So many minutes as an interval.",
                   "date '2024-01-01' + to_minutes(1) = timestamp '2024-01-01 00:01:00'",
                   bind_interval<int64_t, kMicrosPerMinute, &Interval::micros>);
QUERN_ROW_FUNCTION("to_seconds", "So many seconds as an interval.",
                   "date '2024-01-01' + to_seconds(1) = timestamp '2024-01-01 00:00:01'",
                   bind_interval<double, kMicrosPerSecond, &Interval::micros>);
QUERN_ROW_FUNCTION("to_milliseconds", "So many milliseconds as an interval.",
                   "to_milliseconds(1500) = to_seconds(1.5)",
                   bind_interval<double, 1000, &Interval::micros>);
QUERN_ROW_FUNCTION("to_microseconds", "So many microseconds as an interval.",
                   "to_microseconds(1500000) = to_seconds(1.5)",
                   bind_interval<int64_t, 1, &Interval::micros>);
QUERN_ROW_FUNCTION(
    "age", "The time between two moments in years, months, days and less.",
    "age(timestamp '2024-03-05', timestamp '2023-01-31') = interval '1 year 1 month 5 "
    "days'",
    bind_age);
QUERN_ROW_FUNCTION("normalized_interval",
                   "The interval with 24 hours as a day, 30 days as a month.",
                   "normalized_interval(interval 36 hour)::varchar = '1 day 12:00:00'",
                   bind_as<normalized, Interval, Interval>);

}  // namespace quern::score
