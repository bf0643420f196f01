#include "quern/score/functions/date_arithmetic.h"

#include "quern/score/functions/calendar.h"
#include "quern/score/functions/interval.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

Interval signed_interval(const Interval& interval, int sign) {
    return sign > 0 ? interval : inverted(interval);
}

// Types are told apart by their storage, and those that are stored alike by a function each.
using Date = int32_t;
using Micros = int64_t;

template <int sign>
Row shift_date_by(Date days, const Interval& interval, Micros& out) {
    if (!is_finite_date(days)) {
        out = days > 0 ? kTimestampInfinity : -kTimestampInfinity;
        return Row::value;
    }
    Micros midnight = 0;
    bool fits = timestamp_of(days, 0, midnight) &&
                shift_timestamp(midnight, signed_interval(interval, sign), out);
    return fits ? Row::value : Row::failed;
}

template <int sign, auto shift>
Row shift_moment(Micros micros, const Interval& interval, Micros& out) {
    out = micros;
    bool fits = !is_finite_timestamp(micros) || shift(micros, signed_interval(interval, sign), out);
    return fits ? Row::value : Row::failed;
}

template <int sign>
void shift_clock(Micros time, const Interval& interval, Micros& out) {
    out = shift_time(time, signed_interval(interval, sign).micros);
}

template <int sign>
Row add_days(Date days, int32_t count, Date& out) {
    if (!is_finite_date(days)) {
        out = days;
        return Row::value;
    }
    int64_t sum = int64_t{days} + sign * int64_t{count};
    out = static_cast<Date>(sum);
    return out == sum && is_finite_date(out) ? Row::value : Row::failed;
}

Row add_time(Date days, Micros time, Micros& out) {
    if (!is_finite_date(days)) {
        out = days > 0 ? kTimestampInfinity : -kTimestampInfinity;
        return Row::value;
    }
    return timestamp_of(days, time, out) ? Row::value : Row::failed;
}

Row subtract_timestamps(Micros a, Micros b, Interval& out) {
    Micros between = 0;
    if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) return Row::failed;
    if (__builtin_sub_overflow(a, b, &between)) return Row::failed;
    out = interval_of_micros(between);
    return Row::value;
}

// Days are counted in milliseconds, of which the end's are cut towards 1970, and microseconds put
// right what is left, as in DuckDB.
Row subtract_instants(Micros a, Micros b, Interval& out) {
    if (!is_finite_timestamp(a) || !is_finite_timestamp(b)) return Row::failed;
    if (a < b) {
        Row row = subtract_instants(b, a, out);
        out = inverted(out);
        return row;
    }
    Micros start_rest = floor_mod(b, 1000), end_rest = a % 1000;
    if (end_rest >= 0 && start_rest > end_rest) {
        a -= 1000;
        end_rest += 1000;
    }
    Micros millis = a / 1000 - floor_div(b, 1000);
    Micros micros = 0;
    if (__builtin_mul_overflow(millis, Micros{1000}, &micros)) return Row::failed;
    out = interval_of_micros(micros);
    out.micros += end_rest - start_rest;
    return Row::value;
}

Row add_intervals(const Interval& a, const Interval& b, Interval& out) {
    bool is_over = __builtin_add_overflow(a.months, b.months, &out.months);
    is_over |= __builtin_add_overflow(a.days, b.days, &out.days);
    is_over |= __builtin_add_overflow(a.micros, b.micros, &out.micros);
    return is_over ? Row::failed : Row::value;
}
Row subtract_intervals(const Interval& a, const Interval& b, Interval& out) {
    bool is_over = __builtin_sub_overflow(a.months, b.months, &out.months);
    is_over |= __builtin_sub_overflow(a.days, b.days, &out.days);
    is_over |= __builtin_sub_overflow(a.micros, b.micros, &out.micros);
    return is_over ? Row::failed : Row::value;
}
Row negate_interval(const Interval& interval, Interval& out) {
    return subtract_intervals({}, interval, out);
}

Row multiply_whole(const Interval& interval, int64_t factor, Interval& out) {
    int32_t narrow = 0;
    if (!integer_to_integer(factor, narrow)) return Row::failed;
    bool is_over = __builtin_mul_overflow(interval.months, narrow, &out.months);
    is_over |= __builtin_mul_overflow(interval.days, narrow, &out.days);
    is_over |= __builtin_mul_overflow(interval.micros, factor, &out.micros);
    return is_over ? Row::failed : Row::value;
}
Row multiply_double(const Interval& interval, double factor, Interval& out) {
    return multiply(interval, factor, out) ? Row::value : Row::failed;
}
Row divide(const Interval& interval, double divisor, Interval& out) {
    if (divisor == 0) return Row::null;
    return multiply(interval, 1.0 / divisor, out) ? Row::value : Row::failed;
}

template <class Out, class A, class B, auto run>
void rows(const Call& call) {
    map_rows<Out, A, B>(call, run);
}
template <class Out, class A, class B, auto run>
void swapped_rows(const Call& call) {
    map_rows<Out, B, A>(call, [](const B& b, const A& a, Out& out) { return run(a, b, out); });
}

bool is_interval(const frame::Type& type) { return storage_of(type) == Storage::interval; }

template <int sign, bool is_swapped>
Kernel shift_kernel(TypeId moment) {
    auto pick = []<class Out, class In, auto run>() -> Kernel {
        if (is_swapped) return swapped_rows<Out, In, Interval, run>;
        return rows<Out, In, Interval, run>;
    };
    if (moment == TypeId::date)
        return pick.template operator()<Micros, Date, shift_date_by<sign>>();
    if (moment == TypeId::timestamp)
        return pick.template operator()<Micros, Micros, shift_moment<sign, shift_timestamp>>();
    if (moment == TypeId::timestamptz)
        return pick.template operator()<Micros, Micros, shift_moment<sign, shift_instant>>();
    if (moment == TypeId::time)
        return pick.template operator()<Micros, Micros, shift_clock<sign>>();
    return nullptr;
}

TypeId shifted(TypeId moment) { return moment == TypeId::date ? TypeId::timestamp : moment; }

}  // namespace

Kernel moment_sum(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2) return nullptr;
    TypeId a = types[0].id, b = types[1].id, result = signature.result.id;
    bool has_interval = is_interval(types[0]) || is_interval(types[1]);
    if (is_interval(types[0]) && is_interval(types[1]) && is_interval(signature.result))
        return rows<Interval, Interval, Interval, add_intervals>;
    if (has_interval && is_interval(types[1]) && result == shifted(a))
        return shift_kernel<1, false>(a);
    if (has_interval && result == shifted(b)) return shift_kernel<1, true>(b);
    if (result == TypeId::date && a == TypeId::date && b == TypeId::integer)
        return rows<Date, Date, int32_t, add_days<1>>;
    if (result == TypeId::date && a == TypeId::integer && b == TypeId::date)
        return swapped_rows<Date, Date, int32_t, add_days<1>>;
    if (result == TypeId::timestamp && a == TypeId::date && b == TypeId::time)
        return rows<Micros, Date, Micros, add_time>;
    if (result == TypeId::timestamp && a == TypeId::time && b == TypeId::date)
        return swapped_rows<Micros, Date, Micros, add_time>;
    return nullptr;
}

Kernel moment_difference(const Signature& signature) {
    const auto& types = signature.arguments;
    bool is_span = is_interval(signature.result);
    if (types.size() == 1 && is_interval(types[0]) && is_span)
        return [](const Call& call) { map_rows<Interval, Interval>(call, negate_interval); };
    if (types.size() != 2) return nullptr;
    TypeId a = types[0].id, b = types[1].id, result = signature.result.id;
    if (is_interval(types[0]) && is_interval(types[1]) && is_span)
        return rows<Interval, Interval, Interval, subtract_intervals>;
    if (is_interval(types[1]) && result == shifted(a)) return shift_kernel<-1, false>(a);
    if (result == TypeId::date && a == TypeId::date && b == TypeId::integer)
        return rows<Date, Date, int32_t, add_days<-1>>;
    if (a != b) return nullptr;
    if (a == TypeId::date && result == TypeId::bigint)
        return [](const Call& call) {
            map_rows<int64_t, Date, Date>(
                call, [](Date to, Date from, int64_t& out) { out = int64_t{to} - from; });
        };
    if (a == TypeId::timestamp && is_span)
        return rows<Interval, Micros, Micros, subtract_timestamps>;
    if (a == TypeId::timestamptz && is_span)
        return rows<Interval, Micros, Micros, subtract_instants>;
    return nullptr;
}

Kernel interval_product(const Signature& signature) {
    if (fits<Interval, Interval, int64_t>(signature))
        return rows<Interval, Interval, int64_t, multiply_whole>;
    if (fits<Interval, int64_t, Interval>(signature))
        return swapped_rows<Interval, Interval, int64_t, multiply_whole>;
    if (fits<Interval, Interval, double>(signature))
        return rows<Interval, Interval, double, multiply_double>;
    if (fits<Interval, double, Interval>(signature))
        return swapped_rows<Interval, Interval, double, multiply_double>;
    return nullptr;
}

Kernel interval_quotient(const Signature& signature) {
    return fits<Interval, Interval, double>(signature) ? rows<Interval, Interval, double, divide>
                                                       : nullptr;
}

}  // namespace quern::score
