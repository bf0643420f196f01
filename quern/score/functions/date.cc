// Functions that take a date or timestamp apart, or make one.
#include <cmath>

#include "quern/score/functions/date_part.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// DuckDB's dates reach further than its timestamps, and parts are taken of dates themselves.
template <class T>
bool parts_of(T value, MomentParts& out) {
    if constexpr (sizeof(T) == 4) {
        if (!is_finite_date(value)) return false;
        out.days = value;
        out.time = 0;
    } else {
        if (!is_finite_timestamp(value)) return false;
        out.days = days_of_timestamp(value);
        out.time = time_of_timestamp(value);
    }
    out.civil = civil_of_days(out.days);
    return true;
}

template <class T>
void part_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    auto one = [part](T value, int64_t& out) {
        MomentParts moment(0);
        if (!parts_of(value, moment)) return Row::null;
        out = part_value(part, moment);
        return Row::value;
    };
    map_rows<int64_t, T>(call, one);
}

// A time of day has no date to it.
void time_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<int64_t, int64_t>(call, [part](int64_t time, int64_t& out) {
        MomentParts moment(0);
        moment.time = time;
        out = part_value(part, moment);
    });
}

Result<BoundFunction> bind_part_of(const Signature& signature, const frame::Type& type,
                                   DatePart part) {
    auto prepared = std::make_shared<DatePart>(part);
    bool is_clock = part >= DatePart::hour && part <= DatePart::microsecond;
    if (signature.result.id != TypeId::bigint) return no_overload(signature);
    if (type.id == TypeId::date) return BoundFunction{part_rows<int32_t>, prepared};
    if (type.id == TypeId::timestamp) return BoundFunction{part_rows<int64_t>, prepared};
    if (type.id == TypeId::time && is_clock) return BoundFunction{time_rows, prepared};
    return no_overload(signature);
}

template <DatePart part>
Result<BoundFunction> bind_part(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    return bind_part_of(signature, signature.arguments[0], part);
}

// Runs a function of one argument on the second of two: the first was the constant part.
struct Inner {
    BoundFunction function;
};
void skip_first(const Call& call) {
    const Inner& inner = *static_cast<const Inner*>(call.prepared);
    inner.function.kernel({call.arguments.subspan(1), call.types.subspan(1), call.result, call.out,
                           call.row_count, inner.function.prepared.get(), call.texts});
}

Result<DatePart> constant_part(const Signature& signature) {
    const std::string* name = constant_text(signature, 0);
    if (name == nullptr) return unimplemented("the part must be a constant text");
    auto part = date_part_of(*name);
    if (!part) return unimplemented("no compiled form for the part '" + *name + "'");
    return *part;
}

Result<BoundFunction> bind_date_part(const Signature& signature) {
    if (signature.arguments.size() != 2) return no_overload(signature);
    DatePart part = TRY(constant_part(signature));
    BoundFunction inner = TRY(bind_part_of(signature, signature.arguments[1], part));
    return BoundFunction{skip_first, std::make_shared<Inner>(Inner{inner})};
}

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

Result<BoundFunction> bind_epoch(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date) return bind_as<epoch_of_date, double, int32_t>(signature);
    if (id == TypeId::timestamp) return bind_as<epoch_of_timestamp, double, int64_t>(signature);
    return no_overload(signature);
}

template <int64_t unit>
Row epoch_in(int64_t micros, int64_t& out) {
    if (!is_finite_timestamp(micros)) return Row::null;
    out = floor_div(micros, unit);
    return Row::value;
}

template <int64_t unit>
Result<BoundFunction> bind_epoch_in(const Signature& signature) {
    bool fits = signature.arguments.size() == 1 && signature.arguments[0].id == TypeId::timestamp &&
                signature.result.id == TypeId::bigint;
    if (!fits) return no_overload(signature);
    return bind_as<epoch_in<unit>, int64_t, int64_t>(signature);
}

Row make_date(int64_t year, int64_t month, int64_t day, int32_t& out) {
    return days_of_date(year, month, day, out) ? Row::value : Row::failed;
}

Result<BoundFunction> bind_make_date(const Signature& signature) {
    if (signature.result.id != TypeId::date) return no_overload(signature);
    for (const auto& type : signature.arguments)
        if (type.id != TypeId::bigint) return no_overload(signature);
    return bind_as<make_date, int32_t, int64_t, int64_t, int64_t>(signature);
}

template <class T>
Row last_day(T value, int32_t& out) {
    MomentParts moment(0);
    if (!parts_of(value, moment)) return Row::null;
    auto [year, month, day] = moment.civil;
    return days_of_date(year, month, days_in_month(year, month), out) ? Row::value : Row::failed;
}

Result<BoundFunction> bind_last_day(const Signature& signature) {
    if (signature.arguments.size() != 1 || signature.result.id != TypeId::date)
        return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date) return bind_as<last_day<int32_t>, int32_t, int32_t>(signature);
    if (id == TypeId::timestamp) return bind_as<last_day<int64_t>, int32_t, int64_t>(signature);
    return no_overload(signature);
}

constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

template <class T, bool is_day>
Row name_of(T value, std::string_view& out) {
    MomentParts moment(0);
    if (!parts_of(value, moment)) return Row::null;
    out = is_day ? kDays[weekday(moment.days)] : kMonths[moment.civil.month - 1];
    return Row::value;
}

template <bool is_day>
Result<BoundFunction> bind_name(const Signature& signature) {
    if (signature.arguments.size() != 1 || signature.result.id != TypeId::varchar)
        return no_overload(signature);
    TypeId id = signature.arguments[0].id;
    if (id == TypeId::date)
        return bind_as<name_of<int32_t, is_day>, std::string_view, int32_t>(signature);
    if (id == TypeId::timestamp)
        return bind_as<name_of<int64_t, is_day>, std::string_view, int64_t>(signature);
    return no_overload(signature);
}

// Whole units as an interval of months, days or microseconds.
template <class T, int64_t factor, auto field>
Row make_interval(T count, Interval& out) {
    out = {};
    int64_t units = 0;
    if constexpr (kIsFloat<T>) {
        double scaled = std::round(count * static_cast<double>(factor));
        if (!(std::fabs(scaled) < 9.2e18)) return Row::failed;
        units = static_cast<int64_t>(scaled);
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

}  // namespace

#define QUERN_DATE(sql_name, what, truth, binder) \
    QUERN_REGISTER(RowFunction)                   \
    ({.name = sql_name, .summary = what, .example = truth, .bind = binder})
#define QUERN_DATE_PART(sql_name, part, what, truth) \
    QUERN_DATE(sql_name, what, truth, bind_part<DatePart::part>)

QUERN_DATE_PART("year", year, "The year.", "year(date '2024-03-05') = 2024");
QUERN_DATE_PART("month", month, "The month, 1 to 12.", "month(date '2024-03-05') = 3");
QUERN_DATE_PART("day", day, "The day of the month.", "day(date '2024-03-05') = 5");
QUERN_DATE_PART("dayofmonth", day, "The day of the month.", "dayofmonth(date '2024-03-05') = 5");
QUERN_DATE_PART("quarter", quarter, "The quarter, 1 to 4.", "quarter(date '2024-03-05') = 1");
QUERN_DATE_PART("week", week, "The week by ISO 8601.", "week(date '2021-01-03') = 53");
QUERN_DATE_PART("weekofyear", week, "The same as week.", "weekofyear(date '2021-01-03') = 53");
QUERN_DATE_PART("isoyear", isoyear, "The year that the ISO week counts to.",
                "isoyear(date '2021-01-03') = 2020");
QUERN_DATE_PART("yearweek", yearweek, "ISO year and week in one number.",
                "yearweek(date '2021-01-03') = 202053");
QUERN_DATE_PART("dayofweek", day_of_week, "Sunday 0 to Saturday 6.",
                "dayofweek(date '2021-01-03') = 0");
QUERN_DATE_PART("weekday", day_of_week, "The same as dayofweek.", "weekday(date '2021-01-03') = 0");
QUERN_DATE_PART("isodow", iso_day_of_week, "Monday 1 to Sunday 7.",
                "isodow(date '2021-01-03') = 7");
QUERN_DATE_PART("dayofyear", day_of_year, "1 to 366.", "dayofyear(date '2024-03-05') = 65");
QUERN_DATE_PART("decade", decade, "The year divided by ten.", "decade(date '2024-03-05') = 202");
QUERN_DATE_PART("century", century, "The century.", "century(date '2000-01-01') = 20");
QUERN_DATE_PART("millennium", millennium, "The millennium.", "millennium(date '2000-01-01') = 2");
QUERN_DATE_PART("era", era, "1 after Christ, 0 before.", "era(date '2000-01-01') = 1");
QUERN_DATE_PART("hour", hour, "The hour, 0 to 23.", "hour(timestamp '2024-03-05 06:07:08') = 6");
QUERN_DATE_PART("minute", minute, "The minute.", "minute(timestamp '2024-03-05 06:07:08') = 7");
QUERN_DATE_PART("second", second, "The second.", "second(timestamp '2024-03-05 06:07:08') = 8");
QUERN_DATE_PART("millisecond", millisecond, "Seconds of the minute in thousandths.",
                "millisecond(timestamp '2024-03-05 06:07:08') = 8000");
QUERN_DATE_PART("microsecond", microsecond, "Seconds of the minute in millionths.",
                "microsecond(timestamp '2024-03-05 06:07:08') = 8000000");
QUERN_DATE("date_part", "A part of a date or timestamp by its name.",
           "date_part('year', date '2024-03-05') = 2024", bind_date_part);
QUERN_DATE("datepart", "The same as date_part.", "datepart('year', date '2024-03-05') = 2024",
           bind_date_part);
QUERN_DATE("epoch", "Seconds since 1970.", "epoch(date '1970-01-02') = 86400", bind_epoch);
QUERN_DATE("epoch_ms", "Milliseconds since 1970.",
           "epoch_ms(timestamp '1970-01-01 00:00:01') = 1000", bind_epoch_in<1000>);
QUERN_DATE("epoch_us", "Microseconds since 1970.",
           "epoch_us(timestamp '1970-01-01 00:00:01') = 1000000", bind_epoch_in<1>);
QUERN_DATE("make_date", "A date of year, month and day; what is no date fails the row.",
           "make_date(2024, 3, 5) = date '2024-03-05'", bind_make_date);
QUERN_DATE("last_day", "The last day of the month.",
           "last_day(date '2024-02-05') = date '2024-02-29'", bind_last_day);
QUERN_DATE("dayname", "The English name of the day.", "dayname(date '2021-01-03') = 'Sunday'",
           bind_name<true>);
QUERN_DATE("monthname", "The English name of the month.",
           "monthname(date '2021-01-03') = 'January'", bind_name<false>);
QUERN_DATE("to_years", "So many years as an interval.",
           "date '2024-02-29' + to_years(1) = timestamp '2025-02-28 00:00:00'",
           (bind_count<12, &Interval::months>));
QUERN_DATE("to_months", "So many months as an interval.",
           "date '2024-01-31' + to_months(1) = timestamp '2024-02-29 00:00:00'",
           (bind_count<1, &Interval::months>));
QUERN_DATE("to_weeks", "So many weeks as an interval.",
           "date '2024-01-01' + to_weeks(1) = timestamp '2024-01-08 00:00:00'",
           (bind_count<7, &Interval::days>));
QUERN_DATE("to_days", "So many days as an interval.",
           "date '2024-01-01' + to_days(1) = timestamp '2024-01-02 00:00:00'",
           (bind_count<1, &Interval::days>));
QUERN_DATE("to_hours", "So many hours as an interval.",
           "date '2024-01-01' + to_hours(1) = timestamp '2024-01-01 01:00:00'",
           (bind_interval<int64_t, kMicrosPerHour, &Interval::micros>));
QUERN_DATE("to_minutes", "So many minutes as an interval.",
           "date '2024-01-01' + to_minutes(1) = timestamp '2024-01-01 00:01:00'",
           (bind_interval<int64_t, kMicrosPerMinute, &Interval::micros>));
QUERN_DATE("to_seconds", "So many seconds as an interval.",
           "date '2024-01-01' + to_seconds(1) = timestamp '2024-01-01 00:00:01'",
           (bind_interval<double, kMicrosPerSecond, &Interval::micros>));

#undef QUERN_DATE_PART
#undef QUERN_DATE

}  // namespace quern::score
