// time_bucket: the start of the stretch of time of one width that a moment lies in. Stretches of
// days and less are counted from Monday 2000-01-03, those of months from 2000-01-01.
#include "quern/score/functions/interval.h"
#include "quern/score/functions/moment.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

constexpr int64_t kOriginMicros = 10959 * kMicrosPerDay;
constexpr int32_t kOriginMonths = 360;  // since 1970

// Of a DATE, whose buckets are dates again, the moment is its midnight.
template <class T>
bool micros_of(T value, int64_t& micros) {
    if constexpr (sizeof(T) == 4) return timestamp_of(value, 0, micros);
    micros = value;
    return true;
}
template <class T>
bool from_micros(int64_t micros, T& out) {
    if constexpr (sizeof(T) == 4)
        out = is_finite_timestamp(micros) ? days_of_timestamp(micros)
                                          : (micros > 0 ? kDateInfinity : -kDateInfinity);
    else
        out = micros;
    return true;
}
template <class T>
bool from_days(int32_t days, T& out) {
    if constexpr (sizeof(T) == 8) {
        return timestamp_of(days, 0, out);
    } else {
        out = days;
        return true;
    }
}

template <class T>
int64_t month_of(T value) {
    MomentParts moment(0);
    parts_of(value, moment);
    return (int64_t{moment.civil.year} - 1970) * 12 + moment.civil.month - 1;
}

bool bucket_of_micros(int64_t width, int64_t micros, int64_t origin, int64_t& out) {
    origin %= width;
    if (__builtin_sub_overflow(micros, origin, &micros)) return false;
    return !__builtin_mul_overflow(floor_div(micros, width), width, &out) &&
           !__builtin_add_overflow(out, origin, &out);
}

bool bucket_of_months(int64_t width, int64_t month, int64_t origin, int32_t& days) {
    origin %= width;
    month = floor_div(month - origin, width) * width + origin;
    int64_t year = floor_div(month, 12);
    return days_of_date(1970 + year, month - year * 12 + 1, 1, days);
}

// The width in microseconds, or 0 where it is whole months. False where it is neither.
bool width_of(const Interval& width, int64_t& micros) {
    micros = 0;
    if (width.months == 0) return total_micros(width, micros) && micros > 0;
    return width.months > 0 && width.days == 0 && width.micros == 0;
}

template <class T>
bool bucket(const Interval& width, T value, T& out) {
    int64_t width_micros = 0, micros = 0;
    if (!width_of(width, width_micros)) return false;
    out = value;
    if (!is_finite_moment(value)) return true;
    if (width_micros != 0)
        return micros_of(value, micros) &&
               bucket_of_micros(width_micros, micros, kOriginMicros, micros) &&
               from_micros(micros, out);
    int32_t days = 0;
    return bucket_of_months(width.months, month_of(value), kOriginMonths, days) &&
           from_days(days, out);
}

template <class T>
bool shift(T value, const Interval& interval, T& out) {
    if constexpr (sizeof(T) == 4)
        return shift_date(value, interval, out);
    else
        return shift_timestamp(value, interval, out);
}

template <class T>
bool bucket_with_offset(const Interval& width, T value, const Interval& offset, T& out) {
    int64_t width_micros = 0, micros = 0;
    if (!width_of(width, width_micros)) return false;
    out = value;
    if (!is_finite_moment(value)) return true;
    if (width_micros != 0)
        return micros_of(value, micros) && shift_timestamp(micros, inverted(offset), micros) &&
               bucket_of_micros(width_micros, micros, kOriginMicros, micros) &&
               shift_timestamp(micros, offset, micros) && from_micros(micros, out);
    int32_t days = 0;
    return shift(value, inverted(offset), value) &&
           bucket_of_months(width.months, month_of(value), kOriginMonths, days) &&
           from_days(days, out) && shift(out, offset, out);
}

template <class T>
Row bucket_with_origin(const Interval& width, T value, T origin, T& out) {
    int64_t width_micros = 0, micros = 0, origin_micros = 0;
    if (!is_finite_moment(origin)) return Row::null;
    if (!width_of(width, width_micros)) return Row::failed;
    out = value;
    if (!is_finite_moment(value)) return Row::value;
    int32_t days = 0;
    bool fits = width_micros != 0
                    ? micros_of(value, micros) && micros_of(origin, origin_micros) &&
                          bucket_of_micros(width_micros, micros, origin_micros, micros) &&
                          from_micros(micros, out)
                    : bucket_of_months(width.months, month_of(value), month_of(origin), days) &&
                          from_days(days, out);
    return fits ? Row::value : Row::failed;
}

Row as_row(bool is_value) { return is_value ? Row::value : Row::failed; }

template <class T>
Result<BoundFunction> bind_buckets(const Signature& signature) {
    if (signature.arguments.size() == 2)
        return bind_as<[](const Interval& width, T value, T& out) {
            return as_row(bucket(width, value, out));
        },
                       T, Interval, T>(signature);
    if (signature.arguments[2] == signature.result)
        return bind_as<bucket_with_origin<T>, T, Interval, T, T>(signature);
    return bind_as<[](const Interval& width, T value, const Interval& offset, T& out) {
        return as_row(bucket_with_offset(width, value, offset, out));
    },
                   T, Interval, T, Interval>(signature);
}

Result<BoundFunction> bind_time_bucket(const Signature& signature) {
    const auto& types = signature.arguments;
    bool has_shape = (types.size() == 2 || types.size() == 3) && types[1] == signature.result;
    if (!has_shape) return no_overload(signature);
    if (types[1].id == TypeId::date) return bind_buckets<int32_t>(signature);
    if (types[1].id == TypeId::timestamp) return bind_buckets<int64_t>(signature);
    return no_overload(signature);
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "time_bucket",
    .summary = "The start of the bucket of this width that the moment lies in.",
    .example = "time_bucket(interval 15 minute, timestamp '2024-03-05 06:17:00') = timestamp "
               "'2024-03-05 06:15:00'",
    .bind = bind_time_bucket,
});

}  // namespace quern::score
