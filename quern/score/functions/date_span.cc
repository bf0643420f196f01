// date_diff (boundaries crossed), date_sub (whole units gone by), date_trunc.
#include "quern/score/functions/interval.h"
#include "quern/score/functions/moment.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// Dates become the timestamps of their midnights, as far as timestamps reach.
template <class T>
bool moment_of(T value, int64_t& micros) {
    if constexpr (sizeof(T) == 4) return timestamp_of(value, 0, micros);
    micros = value;
    return true;
}

int64_t month_number(const Civil& civil) { return int64_t{civil.year} * 12 + civil.month - 1; }

int64_t count_boundaries(DatePart part, const MomentParts& a, const MomentParts& b) {
    int32_t year_a = 0, year_b = 0, week = 0;
    switch (part) {
        case DatePart::week:
            return (int64_t{b.days} - a.days) / 7;  // not Mondays, as in DuckDB
        case DatePart::isoyear:
            iso_week(a.days, year_a, week);
            iso_week(b.days, year_b, week);
            return year_b - year_a;
        case DatePart::millennium:
            return b.civil.year / 1000 - a.civil.year / 1000;
        case DatePart::century:
            return b.civil.year / 100 - a.civil.year / 100;
        case DatePart::decade:
            return b.civil.year / 10 - a.civil.year / 10;
        case DatePart::year:
            return b.civil.year - a.civil.year;
        case DatePart::quarter:
            return month_number(b.civil) / 3 - month_number(a.civil) / 3;
        case DatePart::month:
            return month_number(b.civil) - month_number(a.civil);
        default:
            return int64_t{b.days} - a.days;
    }
}

// Whole months from one moment to a later one. On the last day of its month the end counts as
// though it reached the start's day: 31 January to 29 February is a month.
int64_t whole_months(int64_t from, int64_t to) {
    if (from > to) return -whole_months(to, from);
    MomentParts a(from), b(to);
    int32_t last = days_in_month(b.civil.year, b.civil.month);
    if (b.civil.day == last && (a.civil.day > last || (a.civil.day == last && a.time < b.time)))
        a.civil.day = last;
    int64_t months = month_number(b.civil) - month_number(a.civil);
    bool is_short = b.civil.day < a.civil.day || (b.civil.day == a.civil.day && b.time < a.time);
    return is_short ? months - 1 : months;
}

bool count_whole(DatePart part, int64_t from, int64_t to, int64_t& out) {
    if (int64_t unit = months_of_part(part)) {
        out = whole_months(from, to) / unit;
        return true;
    }
    int64_t unit = micros_of_part(part);
    if (part == DatePart::week) unit = 7 * kMicrosPerDay;
    if (unit == 0) unit = kMicrosPerDay;
    if (__builtin_sub_overflow(to, from, &out)) return false;
    out /= unit;
    return true;
}

// As above, but from either end to the other, with milliseconds as the smallest unit: how DuckDB
// counts where there are time zones. False where the count leaves 32 bits.
bool count_steps(DatePart part, int64_t from, int64_t to, int64_t& out) {
    if (int64_t unit = micros_of_part(part); unit != 0 && part != DatePart::hour) {
        out = wrapping_difference(to, from) / unit;
        return true;
    }
    from = wrapping_difference(from, floor_mod(from, 1000));
    to = to / 1000 * 1000;
    if (int64_t unit = months_of_part(part)) {
        int64_t step = from < to ? 1 : -1, reached = 0;
        out = month_number(MomentParts(to).civil) - month_number(MomentParts(from).civil);
        int32_t days = 0;
        bool is_past = !add_months(days_of_timestamp(from), out, days) ||
                       !timestamp_of(days, time_of_timestamp(from), reached) ||
                       (step > 0 ? reached > to : reached < to);
        if (is_past && out != 0) out -= step;
        // Years are counted for the greater units, and quarters are three months.
        out = part == DatePart::month || part == DatePart::quarter ? out / unit
                                                                   : out / 12 / (unit / 12);
        return true;
    }
    int64_t unit = part == DatePart::hour ? kMicrosPerHour : kMicrosPerDay;
    if (part == DatePart::week) unit = 7 * kMicrosPerDay;
    out = wrapping_difference(to, from) / unit;
    return out > INT32_MIN && out < INT32_MAX;
}

template <class T>
Row whole_between(DatePart part, T a, T b, int64_t& out) {
    int64_t from = 0, to = 0;
    if (!is_finite_moment(a) || !is_finite_moment(b)) return Row::null;
    bool fits = moment_of(a, from) && moment_of(b, to) && count_whole(part, from, to, out);
    return fits ? Row::value : Row::failed;
}

template <class T>
Row boundaries_between(DatePart part, T a, T b, int64_t& out) {
    int64_t unit = micros_of_part(part), start = 0, end = 0;
    if (!is_finite_moment(a) || !is_finite_moment(b)) return Row::null;
    if (part == DatePart::day) unit = kMicrosPerDay;
    if (sizeof(T) == 4 && unit > 1000) {  // dates reach further than timestamps
        out = (int64_t{b} - a) * (kMicrosPerDay / unit);
        return Row::value;
    }
    MomentParts from(0), to(0);
    if (!parts_of(a, from) || !parts_of(b, to)) return Row::null;
    if (unit == 0) {
        out = count_boundaries(part, from, to);
        return Row::value;
    }
    if (!moment_of(a, start) || !moment_of(b, end)) return Row::failed;
    if (unit == 1) return __builtin_sub_overflow(end, start, &out) ? Row::failed : Row::value;
    out = floor_div(end, unit) - floor_div(start, unit);
    return Row::value;
}

bool truncated(DatePart part, int64_t micros, int64_t& out);

Row whole_of_instants(DatePart part, int64_t from, int64_t to, int64_t& out) {
    if (!is_finite_timestamp(from) || !is_finite_timestamp(to)) return Row::null;
    return count_steps(part, from, to, out) ? Row::value : Row::failed;
}

// Whole steps between the beginnings of the units; weeks begin with any day, but with the name
// 'yearweek' on Mondays.
Row boundaries_of_instants(DatePart part, int64_t from, int64_t to, int64_t& out) {
    if (!is_finite_timestamp(from) || !is_finite_timestamp(to)) return Row::null;
    DatePart unit = part == DatePart::week ? DatePart::day : part;
    if (part == DatePart::yearweek) unit = part = DatePart::week;
    if (!truncated(unit, from, from) || !truncated(unit, to, to)) return Row::failed;
    if (part == DatePart::isoyear) return boundaries_between(part, from, to, out);
    return count_steps(part, from, to, out) ? Row::value : Row::failed;
}

template <bool is_whole>
Row span_of_times(DatePart part, int64_t from, int64_t to, int64_t& out) {
    int64_t unit = micros_of_part(part);
    out = is_whole ? (to - from) / unit : to / unit - from / unit;
    return Row::value;
}

template <class T, auto span>
void span_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<int64_t, std::string_view, T, T>(
        call, [part](std::string_view, T a, T b, int64_t& out) { return span(part, a, b, out); });
}

// The part of which spans are counted. Those that are numbers of a day count days, as in DuckDB.
Result<DatePart> constant_part(const Signature& signature) {
    const std::string* name = constant_text(signature, 0);
    if (name == nullptr) return unimplemented("the part must be a constant text");
    auto part = date_part_of(*name);
    if (!part || *part == DatePart::era || *part >= DatePart::timezone)
        return unimplemented("no compiled form for the part '" + *name + "'");
    switch (*part) {
        case DatePart::day_of_week:
        case DatePart::iso_day_of_week:
        case DatePart::day_of_year:
        case DatePart::julian:
            return DatePart::day;
        case DatePart::epoch:
            return DatePart::second;
        default:
            return *part;
    }
}

template <bool is_whole>
Result<BoundFunction> bind_span(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 3 || !(types[1] == types[2]) || signature.result.id != TypeId::bigint)
        return no_overload(signature);
    DatePart part = TRY(constant_part(signature));
    if (is_whole && part == DatePart::isoyear) return no_overload(signature);
    TypeId id = types[1].id;
    bool has_mondays = !is_whole && id == TypeId::timestamptz;
    if (part == DatePart::yearweek && !has_mondays) part = DatePart::week;
    Kernel kernel = nullptr;
    if (id == TypeId::date)
        kernel = span_rows < int32_t,
        is_whole ? whole_between<int32_t> : boundaries_between < int32_t >>
            ;
    else if (id == TypeId::timestamp)
        kernel = span_rows < int64_t,
        is_whole ? whole_between<int64_t> : boundaries_between < int64_t >>
            ;
    else if (id == TypeId::timestamptz)
        kernel = span_rows < int64_t, is_whole ? whole_of_instants : boundaries_of_instants > ;
    else if (id == TypeId::time && micros_of_part(part) != 0)
        kernel = span_rows<int64_t, span_of_times<is_whole>>;
    if (kernel == nullptr) return no_overload(signature);
    return BoundFunction{kernel, std::make_shared<DatePart>(part)};
}

bool truncated(DatePart part, int64_t micros, int64_t& out) {
    MomentParts moment(micros);
    if (int64_t unit = micros_of_part(part)) {
        out = wrapping_difference(micros, moment.time % unit);
        return true;
    }
    auto [year, month, day] = moment.civil;
    int32_t days = moment.days, iso_year = 0, week = 0;
    bool is_day = true;
    switch (part) {
        case DatePart::millennium:
            is_day = days_of_date(year / 1000 * 1000, 1, 1, days);
            break;
        case DatePart::century:
            is_day = days_of_date(year / 100 * 100, 1, 1, days);
            break;
        case DatePart::decade:
            is_day = days_of_date(year / 10 * 10, 1, 1, days);
            break;
        case DatePart::year:
            is_day = days_of_date(year, 1, 1, days);
            break;
        case DatePart::quarter:
            is_day = days_of_date(year, (month - 1) / 3 * 3 + 1, 1, days);
            break;
        case DatePart::month:
            is_day = days_of_date(year, month, 1, days);
            break;
        case DatePart::week:
            days -= weekday(days);
            break;
        case DatePart::isoyear:
            iso_week(days, iso_year, week);
            days -= weekday(days) + (week - 1) * 7;
            break;
        default:
            break;
    }
    return is_day && timestamp_of(days, 0, out);
}

// Years before Christ count from 1 and away from it where there are time zones.
bool truncated_instant(DatePart part, int64_t micros, int64_t& out) {
    int32_t year = MomentParts(micros).civil.year, days = 0;
    int64_t years = months_of_part(part) / 12;
    if (year > 0 || years < 10) return truncated(part, micros, out);
    return days_of_date(1 - (1 - year) / years * years, 1, 1, days) && timestamp_of(days, 0, out);
}

template <class T, auto truncate>
void truncate_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<int64_t, std::string_view, T>(call, [part](std::string_view, T value, int64_t& out) {
        if (!is_finite_moment(value)) {
            out = value > 0 ? kTimestampInfinity : -kTimestampInfinity;
            return Row::value;
        }
        int64_t micros = 0;
        return moment_of(value, micros) && truncate(part, micros, out) ? Row::value : Row::failed;
    });
}

void truncate_interval(DatePart part, Interval& interval) {
    if (int64_t unit = micros_of_part(part)) {
        interval.micros -= interval.micros % unit;
        return;
    }
    interval.micros = 0;
    if (part == DatePart::day) return;
    if (part == DatePart::week) {
        interval.days -= interval.days % 7;
        return;
    }
    auto months = static_cast<int32_t>(part == DatePart::isoyear ? 12 : months_of_part(part));
    interval = {interval.months - interval.months % months, 0, 0};
}

void truncate_intervals(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<Interval, std::string_view, Interval>(
        call, [part](std::string_view, const Interval& interval, Interval& out) {
            out = interval;
            truncate_interval(part, out);
        });
}

Result<BoundFunction> bind_truncate(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2) return no_overload(signature);
    DatePart part = TRY(constant_part(signature));
    if (part == DatePart::yearweek) part = DatePart::week;
    auto prepared = std::make_shared<DatePart>(part);
    TypeId id = types[1].id, result = signature.result.id;
    if (id == TypeId::date && result == TypeId::timestamp)
        return BoundFunction{truncate_rows<int32_t, truncated>, prepared};
    if (id == TypeId::timestamp && result == TypeId::timestamp)
        return BoundFunction{truncate_rows<int64_t, truncated>, prepared};
    if (id == TypeId::timestamptz && result == TypeId::timestamptz)
        return BoundFunction{truncate_rows<int64_t, truncated_instant>, prepared};
    if (fits<Interval, std::string_view, Interval>(signature))
        return BoundFunction{truncate_intervals, prepared};
    return no_overload(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("date_diff", "How many borders of the unit lie between two moments.",
                   "date_diff('year', date '2023-12-31', date '2024-01-01') = 1", bind_span<false>);
QUERN_ROW_FUNCTION("datediff", "The same as date_diff.",
                   "datediff('year', date '2023-12-31', date '2024-01-01') = 1", bind_span<false>);
QUERN_ROW_FUNCTION("date_sub", "How many whole units have gone by between two moments.",
                   "date_sub('year', date '2023-12-31', date '2024-01-01') = 0", bind_span<true>);
QUERN_ROW_FUNCTION("datesub", "The same as date_sub.",
                   "datesub('year', date '2023-12-31', date '2024-01-01') = 0", bind_span<true>);
QUERN_ROW_FUNCTION("date_trunc", "The moment where the unit began.",
                   "date_trunc('month', date '2024-03-05') = timestamp '2024-03-01 00:00:00'",
                   bind_truncate);
QUERN_ROW_FUNCTION("datetrunc", "The same as date_trunc.",
                   "datetrunc('month', date '2024-03-05') = timestamp '2024-03-01 00:00:00'",
                   bind_truncate);

}  // namespace quern::score
