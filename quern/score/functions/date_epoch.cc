// Moments as numbers and back: seconds, milliseconds and so on since 1970, and Julian days.
#include "quern/score/functions/interval.h"
#include "quern/score/functions/moment.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

Row epoch_of_date(int32_t days, double& out) {
    if (!is_finite_date(days)) return Row::null;
    out = static_cast<double>(int64_t{days} * 86400);
    return Row::value;
}
Row epoch_of_timestamp(int64_t micros, double& out) {
    if (!is_finite_timestamp(micros)) return Row::null;
    out = static_cast<double>(micros) / kMicrosPerSecond;
    return Row::value;
}
// The two numbers are rounded apart, as in DuckDB.
Row epoch_of_instant(int64_t micros, double& out) {
    if (!is_finite_timestamp(micros)) return Row::null;
    int64_t millis = floor_div(micros, 1000);
    out = static_cast<double>(millis) / 1000;
    out += static_cast<double>(floor_mod(micros, 1000)) / kMicrosPerSecond;
    return Row::value;
}
void epoch_of_time(int64_t micros, double& out) {
    out = static_cast<double>(micros) / kMicrosPerSecond;
}
// A year has 365 days and a quarter, but a month 30.
void epoch_of_interval(const Interval& interval, double& out) {
    int64_t years = interval.months / 12;
    int64_t days = 365 * years + 30 * (interval.months % 12) + interval.days;
    out = static_cast<double>(days * 86400 + years * (86400 / 4)) +
          static_cast<double>(interval.micros) / kMicrosPerSecond;
}

Result<BoundFunction> bind_epoch(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date) return bind_as<epoch_of_date, double, int32_t>(signature);
    if (id == TypeId::timestamp) return bind_as<epoch_of_timestamp, double, int64_t>(signature);
    if (id == TypeId::timestamptz) return bind_as<epoch_of_instant, double, int64_t>(signature);
    if (id == TypeId::time) return bind_as<epoch_of_time, double, int64_t>(signature);
    return bind_as<epoch_of_interval, double, Interval>(signature);
}

// Units of `per_second`: milliseconds are cut towards 1970, nanoseconds may not fit.
template <int64_t per_second>
Row units_of_micros(int64_t micros, int64_t& out) {
    if constexpr (per_second <= kMicrosPerSecond) {
        out = micros / (kMicrosPerSecond / per_second);
        return Row::value;
    } else {
        constexpr int64_t kFactor = per_second / kMicrosPerSecond;
        return __builtin_mul_overflow(micros, kFactor, &out) ? Row::failed : Row::value;
    }
}
template <int64_t per_second>
Row units_of_timestamp(int64_t micros, int64_t& out) {
    if (!is_finite_timestamp(micros)) return Row::null;
    return units_of_micros<per_second>(micros, out);
}
template <int64_t per_second>
Row units_of_date(int32_t days, int64_t& out) {
    if (!is_finite_date(days)) return Row::null;
    constexpr int64_t kPerDay = 86400 * per_second;
    return __builtin_mul_overflow(int64_t{days}, kPerDay, &out) ? Row::failed : Row::value;
}
template <int64_t per_second>
Row units_of_interval(const Interval& interval, int64_t& out) {
    if constexpr (per_second == 1000) {
        out = interval.micros / 1000 + interval.months * (kMicrosPerMonth / 1000) +
              interval.days * (kMicrosPerDay / 1000);
        return Row::value;
    }
    int64_t micros = 0;
    return total_micros(interval, micros) ? units_of_micros<per_second>(micros, out) : Row::failed;
}

Row timestamp_of_millis(int64_t millis, int64_t& out) {
    return __builtin_mul_overflow(millis, int64_t{1000}, &out) ? Row::failed : Row::value;
}

template <int64_t per_second>
Result<BoundFunction> bind_units(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    TypeId id = signature.arguments[0].id, result = signature.result.id;
    if (per_second == 1000 && id == TypeId::bigint && result == TypeId::timestamp)
        return bind_as<timestamp_of_millis, int64_t, int64_t>(signature);
    if (result != TypeId::bigint) return no_overload(signature);
    if (id == TypeId::date) return bind_as<units_of_date<per_second>, int64_t, int32_t>(signature);
    if (id == TypeId::timestamp || id == TypeId::timestamptz)
        return bind_as<units_of_timestamp<per_second>, int64_t, int64_t>(signature);
    if (id == TypeId::time)
        return bind_as<units_of_micros<per_second>, int64_t, int64_t>(signature);
    return bind_as<units_of_interval<per_second>, int64_t, Interval>(signature);
}

constexpr double kJulianDay1970 = 2440588;

Row julian_of_date(int32_t days, double& out) {
    if (!is_finite_date(days)) return Row::null;
    out = kJulianDay1970 + days;
    return Row::value;
}
Row julian_of_timestamp(int64_t micros, double& out) {
    if (!is_finite_timestamp(micros)) return Row::null;
    out = static_cast<double>(time_of_timestamp(micros)) / kMicrosPerDay;
    out += kJulianDay1970 + days_of_timestamp(micros);
    return Row::value;
}

Result<BoundFunction> bind_julian(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date) return bind_as<julian_of_date, double, int32_t>(signature);
    if (id == TypeId::timestamp || id == TypeId::timestamptz)
        return bind_as<julian_of_timestamp, double, int64_t>(signature);
    return no_overload(signature);
}

Row instant_of_seconds(double seconds, int64_t& out) {
    return convert_number(seconds * kMicrosPerSecond, out) ? Row::value : Row::failed;
}

Result<BoundFunction> bind_to_timestamp(const Signature& signature) {
    if (signature.result.id != TypeId::timestamptz) return no_overload(signature);
    return bind_as<instant_of_seconds, int64_t, double>(signature);
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "epoch",
    .summary = "Seconds since 1970, or of a time or interval.",
    .example = "epoch(date '1970-01-02') = 86400",
    .bind = bind_epoch,
});
QUERN_REGISTER(RowFunction)({
    .name = "epoch_ms",
    .summary = "Milliseconds since 1970, or the timestamp of so many.",
    .example = "epoch_ms(timestamp '1970-01-01 00:00:01') = 1000",
    .bind = bind_units<1000>,
});
QUERN_REGISTER(RowFunction)({
    .name = "epoch_us",
    .summary = "Microseconds since 1970.",
    .example = "epoch_us(timestamp '1970-01-01 00:00:01') = 1000000",
    .bind = bind_units<kMicrosPerSecond>,
});
QUERN_REGISTER(RowFunction)({
    .name = "epoch_ns",
    .summary = "Nanoseconds since 1970.",
    .example = "epoch_ns(timestamp '1970-01-01 00:00:01') = 1000000000",
    .bind = bind_units<1'000'000'000>,
});
QUERN_REGISTER(RowFunction)({
    .name = "julian",
    .summary = "The Julian day, with the time of day as its fraction.",
    .example = "julian(timestamp '1970-01-01 12:00:00') = 2440588.5",
    .bind = bind_julian,
});
QUERN_REGISTER(RowFunction)({
    .name = "to_timestamp",
    .summary = "The moment so many seconds after 1970, in UTC.",
    .example = "to_timestamp(86400) = timestamptz '1970-01-02 00:00:00+00'",
    .bind = bind_to_timestamp,
});

}  // namespace quern::score
