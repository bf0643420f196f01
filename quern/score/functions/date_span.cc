// date_diff (boundaries crossed), date_sub (whole units gone by), date_trunc.
#include "quern/score/functions/date_part.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// Dates become the timestamps of their midnights.
template <class T>
bool moment_of(T value, int64_t& micros) {
    if constexpr (sizeof(T) == 4) return is_finite_date(value) && timestamp_of(value, 0, micros);
    micros = value;
    return is_finite_timestamp(value);
}

int64_t clock_unit(DatePart part) {
    switch (part) {
        case DatePart::hour:
            return kMicrosPerHour;
        case DatePart::minute:
            return kMicrosPerMinute;
        case DatePart::second:
            return kMicrosPerSecond;
        case DatePart::millisecond:
            return 1000;
        case DatePart::microsecond:
            return 1;
        default:
            return 0;
    }
}

// 0 where the part does not count months.
int64_t month_unit(DatePart part) {
    switch (part) {
        case DatePart::millennium:
            return 12'000;
        case DatePart::century:
            return 1200;
        case DatePart::decade:
            return 120;
        case DatePart::year:
            return 12;
        case DatePart::quarter:
            return 3;
        case DatePart::month:
            return 1;
        default:
            return 0;
    }
}

int64_t month_number(const Civil& civil) { return int64_t{civil.year} * 12 + civil.month - 1; }

int64_t count_boundaries(DatePart part, int64_t from, int64_t to) {
    if (int64_t unit = clock_unit(part)) return floor_div(to, unit) - floor_div(from, unit);
    MomentParts a(from), b(to);
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
    if (int64_t unit = month_unit(part)) {
        out = whole_months(from, to) / unit;
        return true;
    }
    int64_t unit = clock_unit(part);
    if (part == DatePart::week) unit = 7 * kMicrosPerDay;
    if (unit == 0) unit = kMicrosPerDay;
    if (__builtin_sub_overflow(to, from, &out)) return false;
    out /= unit;
    return true;
}

struct Prepared {
    DatePart part;
};

template <class T, bool is_whole>
void span_rows(const Call& call) {
    const DatePart part = static_cast<const Prepared*>(call.prepared)->part;
    map_rows<int64_t, std::string_view, T, T>(
        call, [part](std::string_view, T a, T b, int64_t& out) {
            int64_t from = 0, to = 0;
            if (!moment_of(a, from) || !moment_of(b, to)) return Row::null;
            if constexpr (is_whole) {
                return count_whole(part, from, to, out) ? Row::value : Row::failed;
            } else {
                if (part == DatePart::microsecond)
                    return __builtin_sub_overflow(to, from, &out) ? Row::failed : Row::value;
                out = count_boundaries(part, from, to);
                return Row::value;
            }
        });
}

Result<DatePart> constant_part(const Signature& signature) {
    const std::string* name = constant_text(signature, 0);
    if (name == nullptr) return unimplemented("the part must be a constant text");
    auto part = date_part_of(*name);
    // These count as days, as in DuckDB; eras cannot be counted.
    if (!part || *part == DatePart::era)
        return unimplemented("no compiled form for the part '" + *name + "'");
    if (*part == DatePart::day_of_week || *part == DatePart::iso_day_of_week ||
        *part == DatePart::day_of_year)
        return DatePart::day;
    return *part == DatePart::yearweek ? DatePart::week : *part;
}

template <bool is_whole>
Result<BoundFunction> bind_span(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 3 || !(types[1] == types[2]) || signature.result.id != TypeId::bigint)
        return no_overload(signature);
    DatePart part = TRY(constant_part(signature));
    if (is_whole && part == DatePart::isoyear) return no_overload(signature);
    auto prepared = std::make_shared<Prepared>(Prepared{part});
    if (types[1].id == TypeId::date) return BoundFunction{span_rows<int32_t, is_whole>, prepared};
    if (types[1].id == TypeId::timestamp)
        return BoundFunction{span_rows<int64_t, is_whole>, prepared};
    return no_overload(signature);
}

bool truncated(DatePart part, int64_t micros, int64_t& out) {
    MomentParts moment(micros);
    if (int64_t unit = clock_unit(part)) {
        out = micros - moment.time % unit;
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

template <class T>
void truncate_rows(const Call& call) {
    const DatePart part = static_cast<const Prepared*>(call.prepared)->part;
    map_rows<int64_t, std::string_view, T>(call, [part](std::string_view, T value, int64_t& out) {
        bool is_finite = false;
        if constexpr (sizeof(T) == 4)
            is_finite = is_finite_date(value);
        else
            is_finite = is_finite_timestamp(value);
        if (!is_finite) {
            out = value > 0 ? kTimestampInfinity : -kTimestampInfinity;
            return Row::value;
        }
        int64_t micros = 0;
        return moment_of(value, micros) && truncated(part, micros, out) ? Row::value : Row::failed;
    });
}

Result<BoundFunction> bind_truncate(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2 || signature.result.id != TypeId::timestamp)
        return no_overload(signature);
    DatePart part = TRY(constant_part(signature));
    auto prepared = std::make_shared<Prepared>(Prepared{part});
    if (types[1].id == TypeId::date) return BoundFunction{truncate_rows<int32_t>, prepared};
    if (types[1].id == TypeId::timestamp) return BoundFunction{truncate_rows<int64_t>, prepared};
    return no_overload(signature);
}

}  // namespace

#define QUERN_SPAN(sql_name, what, truth, binder) \
    QUERN_REGISTER(RowFunction)                   \
    ({.name = sql_name, .summary = what, .example = truth, .bind = binder})

QUERN_SPAN("date_diff", "How many borders of the unit lie between two moments.",
           "date_diff('year', date '2023-12-31', date '2024-01-01') = 1", bind_span<false>);
QUERN_SPAN("datediff", "The same as date_diff.",
           "datediff('year', date '2023-12-31', date '2024-01-01') = 1", bind_span<false>);
QUERN_SPAN("date_sub", "How many whole units have gone by between two moments.",
           "date_sub('year', date '2023-12-31', date '2024-01-01') = 0", bind_span<true>);
QUERN_SPAN("datesub", "The same as date_sub.",
           "datesub('year', date '2023-12-31', date '2024-01-01') = 0", bind_span<true>);
QUERN_SPAN("date_trunc", "The moment where the unit began.",
           "date_trunc('month', date '2024-03-05') = timestamp '2024-03-01 00:00:00'",
           bind_truncate);
QUERN_SPAN("datetrunc", "The same as date_trunc.",
           "datetrunc('month', date '2024-03-05') = timestamp '2024-03-01 00:00:00'",
           bind_truncate);

#undef QUERN_SPAN

}  // namespace quern::score
