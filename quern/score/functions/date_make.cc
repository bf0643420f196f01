// Moments out of their parts, and what else there is to say of one.
#include <cmath>

#include "quern/score/functions/date_pattern.h"
#include "quern/score/functions/moment.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

Row make_date(int64_t year, int64_t month, int64_t day, int32_t& out) {
    return days_of_date(year, month, day, out) ? Row::value : Row::failed;
}

Result<BoundFunction> bind_make_date(const Signature& signature) {
    if (signature.result.id != TypeId::date) return no_overload(signature);
    if (fits<int32_t, int32_t>(signature))
        return bind_as<[](int32_t days, int32_t& out) { out = days; }, int32_t, int32_t>(signature);
    for (const auto& type : signature.arguments)
        if (type.id != TypeId::bigint) return no_overload(signature);
    return bind_as<make_date, int32_t, int64_t, int64_t, int64_t>(signature);
}

// 24:00:00 is a time, and a minute has 61 seconds, as in DuckDB.
Row make_time(int64_t hour, int64_t minute, double second, int64_t& out) {
    int32_t whole = 0;
    bool is_plain = second >= 0 && second <= 60;
    if (is_plain)
        whole = static_cast<int32_t>(second);
    else if (!convert_number(second, whole))
        return Row::failed;
    double micros = std::round((second - whole) * kMicrosPerSecond);
    if (hour == 24) {
        if (minute != 0 || whole != 0 || micros != 0) return Row::failed;
    } else if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || whole < 0 || whole > 60 ||
               micros < 0 || micros > kMicrosPerSecond) {
        return Row::failed;
    }
    out = hour * kMicrosPerHour + minute * kMicrosPerMinute + whole * kMicrosPerSecond +
          static_cast<int64_t>(micros);
    return Row::value;
}

Result<BoundFunction> bind_make_time(const Signature& signature) {
    if (signature.result.id != TypeId::time) return no_overload(signature);
    return bind_as<make_time, int64_t, int64_t, int64_t, double>(signature);
}

Row timestamp_of_micros(int64_t micros, int64_t& out) {
    out = micros;
    return is_finite_timestamp(micros) ? Row::value : Row::failed;
}
Row timestamp_of_millis(int64_t millis, int64_t& out) {
    return __builtin_mul_overflow(millis, int64_t{1000}, &out) ? Row::failed : Row::value;
}

Row make_timestamp(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
                   double second, int64_t& out) {
    int32_t days = 0;
    int64_t time = 0;
    if (!days_of_date(year, month, day, days)) return Row::failed;
    if (make_time(hour, minute, second, time) != Row::value) return Row::failed;
    return timestamp_of(days, time, out) ? Row::value : Row::failed;
}

template <TypeId result>
Result<BoundFunction> bind_make_timestamp(const Signature& signature) {
    if (signature.result.id != result) return no_overload(signature);
    if (signature.arguments.size() == 1)
        return bind_as<timestamp_of_micros, int64_t, int64_t>(signature);
    if (result == TypeId::timestamptz) return no_overload(signature);
    return bind_as<make_timestamp, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double>(
        signature);
}

Result<BoundFunction> bind_make_timestamp_ms(const Signature& signature) {
    if (signature.result.id != TypeId::timestamp) return no_overload(signature);
    return bind_as<timestamp_of_millis, int64_t, int64_t>(signature);
}

template <class T>
Row last_day(T value, int32_t& out) {
    MomentParts moment(0);
    if (!parts_of(value, moment)) return Row::null;
    auto [year, month, day] = moment.civil;
    return days_of_date(year, month, days_in_month(year, month), out) ? Row::value : Row::failed;
}

template <class T>
Row day_name(T value, std::string_view& out) {
    MomentParts moment(0);
    if (!parts_of(value, moment)) return Row::null;
    out = kDayNames[weekday(moment.days)];
    return Row::value;
}
template <class T>
Row month_name(T value, std::string_view& out) {
    MomentParts moment(0);
    if (!parts_of(value, moment)) return Row::null;
    out = kMonthNames[moment.civil.month - 1];
    return Row::value;
}

// A function of a date or timestamp, with or without time zone.
template <class Out, auto of_date, auto of_timestamp>
Result<BoundFunction> bind_moment(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date) return bind_as<of_date, Out, int32_t>(signature);
    if (id == TypeId::timestamp || id == TypeId::timestamptz)
        return bind_as<of_timestamp, Out, int64_t>(signature);
    return no_overload(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("make_date", "A date of year, month and day; what is no date fails the row.",
                   "make_date(2024, 3, 5) = date '2024-03-05'", bind_make_date);
QUERN_ROW_FUNCTION("make_time", "A time of hour, minute and second.",
                   "make_time(6, 7, 8.5) = time '06:07:08.5'", bind_make_time);
QUERN_ROW_FUNCTION("make_timestamp", "A timestamp of its six parts, or of microseconds since 1970.",
                   "make_timestamp(2024, 3, 5, 6, 7, 8) = timestamp '2024-03-05 06:07:08'",
                   bind_make_timestamp<TypeId::timestamp>);
QUERN_ROW_FUNCTION("make_timestamp_ms", "A timestamp of milliseconds since 1970.",
                   "make_timestamp_ms(1000) = timestamp '1970-01-01 00:00:01'",
                   bind_make_timestamp_ms);
QUERN_ROW_FUNCTION("make_timestamptz", "A timestamp with time zone of microseconds since 1970.",
                   "make_timestamptz(1000000) = timestamptz '1970-01-01 00:00:01+00'",
                   bind_make_timestamp<TypeId::timestamptz>);
QUERN_ROW_FUNCTION("last_day", "The last day of the month.",
                   "last_day(date '2024-02-05') = date '2024-02-29'",
                   bind_moment<int32_t, last_day<int32_t>, last_day<int64_t>>);
QUERN_ROW_FUNCTION("dayname", "The English name of the day.",
                   "dayname(date '2021-01-03') = 'Sunday'",
                   bind_moment<std::string_view, day_name<int32_t>, day_name<int64_t>>);
QUERN_ROW_FUNCTION("monthname", "The English name of the month.",
                   "monthname(date '2021-01-03') = 'January'",
                   bind_moment<std::string_view, month_name<int32_t>, month_name<int64_t>>);

}  // namespace quern::score
