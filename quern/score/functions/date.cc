// Functions that take a part of a date, time, timestamp or interval.
#include <limits>

#include "quern/score/functions/date_part.h"
#include "quern/score/functions/interval.h"
#include "quern/score/functions/moment.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// The least day of all has no week: DuckDB fails there.
bool has_no_week(DatePart part, int32_t days) {
    return days == std::numeric_limits<int32_t>::min() &&
           (part == DatePart::week || part == DatePart::isoyear || part == DatePart::yearweek);
}

// A TIMESTAMP WITH TIME ZONE counts the years before Christ down to 1; a DATE and a TIMESTAMP
// have a year 0 and negative ones.
int64_t zoned_value(DatePart part, const MomentParts& moment) {
    int64_t year = moment.civil.year;
    if (year <= 0 && part == DatePart::year) return 1 - year;
    if (year <= 0 && part == DatePart::decade) return (1 - year) / 10;
    return part_value(part, moment);
}

template <class T, auto value_of>
void part_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<int64_t, T>(call, [part](T value, int64_t& out) {
        MomentParts moment(0);
        if (!parts_of(value, moment)) return Row::null;
        if constexpr (sizeof(T) == sizeof(int32_t)) {
            if (has_no_week(part, value)) return Row::failed;
        }
        out = value_of(part, moment);
        return Row::value;
    });
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

int64_t interval_part(DatePart part, const Interval& interval) {
    switch (part) {
        case DatePart::month:
            return interval.months % 12;
        case DatePart::quarter:
            return interval.months % 12 / 3 + 1;
        case DatePart::day:
            return interval.days;
        case DatePart::hour:
            return interval.micros / kMicrosPerHour;
        case DatePart::minute:
            return interval.micros % kMicrosPerHour / kMicrosPerMinute;
        default:
            break;
    }
    if (int64_t months = months_of_part(part)) return interval.months / months;
    return interval.micros % kMicrosPerMinute / micros_of_part(part);
}

void interval_rows(const Call& call) {
    const DatePart part = *static_cast<const DatePart*>(call.prepared);
    map_rows<int64_t, Interval>(call, [part](const Interval& interval, int64_t& out) {
        out = interval_part(part, interval);
    });
}

Result<BoundFunction> bind_part_of(const Signature& signature, const frame::Type& type,
                                   DatePart part) {
    auto prepared = std::make_shared<DatePart>(part);
    bool is_zone = part >= DatePart::timezone;
    bool is_clock = micros_of_part(part) != 0;
    if (signature.result.id != TypeId::bigint) return no_overload(signature);
    if (part == DatePart::epoch || part == DatePart::julian) return no_overload(signature);
    if (type.id == TypeId::date && !is_zone)
        return BoundFunction{part_rows<int32_t, part_value>, prepared};
    if (type.id == TypeId::timestamp)
        return BoundFunction{part_rows<int64_t, part_value>, prepared};
    if (type.id == TypeId::timestamptz)
        return BoundFunction{part_rows<int64_t, zoned_value>, prepared};
    if (type.id == TypeId::time && (is_clock || is_zone)) return BoundFunction{time_rows, prepared};
    bool has_part = is_clock || months_of_part(part) != 0 || part == DatePart::day;
    if (storage_of(type) == Storage::interval && has_part)
        return BoundFunction{interval_rows, prepared};
    return no_overload(signature);
}

template <DatePart part>
Result<BoundFunction> bind_part(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    return bind_part_of(signature, signature.arguments[0], part);
}

void times_thousand(const Call& call) {
    const auto& micros = *static_cast<const BoundFunction*>(call.prepared);
    micros.kernel({call.arguments, call.types, call.result, call.out, call.row_count,
                   micros.prepared.get(), call.texts});
    auto* out = call.out.values<uint64_t>();
    for (size_t row = 0; row < call.row_count; ++row) out[row] *= 1000;
}

// Of microseconds there are no parts.
Result<BoundFunction> bind_nanosecond(const Signature& signature) {
    BoundFunction micros = TRY(bind_part<DatePart::microsecond>(signature));
    return BoundFunction{times_thousand, std::make_shared<BoundFunction>(micros)};
}

// Runs a function of one argument on the second of two: the first was the constant part.
void skip_first(const Call& call) {
    const auto& inner = *static_cast<const BoundFunction*>(call.prepared);
    inner.kernel({call.arguments.subspan(1), call.types.subspan(1), call.result, call.out,
                  call.row_count, inner.prepared.get(), call.texts});
}

Result<BoundFunction> bind_date_part(const Signature& signature) {
    if (signature.arguments.size() != 2) return no_overload(signature);
    const std::string* name = constant_text(signature, 0);
    if (name == nullptr) return unimplemented("the part must be a constant text");
    auto part = date_part_of(*name);
    if (!part) return unimplemented("no compiled form for the part '" + *name + "'");
    BoundFunction inner = TRY(bind_part_of(signature, signature.arguments[1], *part));
    return BoundFunction{skip_first, std::make_shared<BoundFunction>(inner)};
}

}  // namespace

#define QUERN_DATE_PART(sql_name, part, what, truth) \
    QUERN_ROW_FUNCTION(sql_name, what, truth, bind_part<DatePart::part>)

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
QUERN_DATE_PART("hour", hour, "The hour, 0 to 23; of an interval all of them.",
                "hour(timestamp '2024-03-05 06:07:08') = 6");
QUERN_DATE_PART("minute", minute, "The minute.", "minute(timestamp '2024-03-05 06:07:08') = 7");
QUERN_DATE_PART("second", second, "The second.", "second(timestamp '2024-03-05 06:07:08') = 8");
QUERN_DATE_PART("millisecond", millisecond, "Seconds of the minute in thousandths.",
                "millisecond(timestamp '2024-03-05 06:07:08') = 8000");
QUERN_DATE_PART("microsecond", microsecond, "Seconds of the minute in millionths.",
                "microsecond(timestamp '2024-03-05 06:07:08') = 8000000");
QUERN_DATE_PART("timezone_hour", timezone_hour, "Hours from UTC of the session's zone, always 0.",
                "timezone_hour(timestamptz '2024-03-05 06:07:08+02') = 0");
QUERN_DATE_PART("timezone_minute", timezone_minute, "Minutes after timezone_hour, always 0.",
                "timezone_minute(timestamptz '2024-03-05 06:07:08+02') = 0");

#undef QUERN_DATE_PART

QUERN_REGISTER(RowFunction)({
    .name = "nanosecond",
    .summary = "Seconds of the minute in billionths.",
    .example = "nanosecond(timestamp '2024-03-05 06:07:08') = 8000000000",
    .bind = bind_nanosecond,
});
QUERN_REGISTER(RowFunction)({
    .name = "date_part",
    .summary = "A part of a moment or interval by its name.",
    .example = "date_part('year', date '2024-03-05') = 2024",
    .bind = bind_date_part,
});
QUERN_REGISTER(RowFunction)({
    .name = "datepart",
    .summary = "The same as date_part.",
    .example = "datepart('year', date '2024-03-05') = 2024",
    .bind = bind_date_part,
});

}  // namespace quern::score
