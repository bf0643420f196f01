// strftime: a moment as text by a pattern.
#include <charconv>

#include "quern/score/functions/date_pattern.h"
#include "quern/score/functions/format.h"
#include "quern/score/functions/moment.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

struct Prepared {
    DatePattern pattern;
    bool is_instant = false;  // with time zone
};

void append_number(std::string& out, uint32_t value, size_t width) {
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof(digits), value);
    std::string_view text(digits, static_cast<size_t>(end.ptr - digits));
    if (text.size() < width) out.append(width - text.size(), '0');
    out += text;
}

// Weeks that begin with the first Sunday (or Monday) of the year; days before it are in week 0.
int32_t plain_week(const MomentParts& moment, bool from_monday) {
    int64_t first = days_of_civil(moment.civil.year, 1, 1);
    int32_t first_weekday = weekday(static_cast<int32_t>(first));
    int64_t start = from_monday ? (7 - first_weekday) % 7 : 6 - first_weekday;
    int64_t day = moment.days - first;
    return day < start ? 0 : static_cast<int32_t>((day - start) / 7 + 1);
}

// Years of more than four digits, or before Christ, are written in full.
void append_year(std::string& out, int32_t year) {
    if (year >= 0 && year <= 9999) return append_number(out, static_cast<uint32_t>(year), 4);
    out += std::to_string(year);
}

void append_date_part(std::string& out, char part, const MomentParts& moment) {
    int32_t iso_year = 0, week = 0;
    switch (part) {
        case 'a':
            out += kDayNames[weekday(moment.days)].substr(0, 3);
            return;
        case 'A':
            out += kDayNames[weekday(moment.days)];
            return;
        case 'w':
            return append_number(out, static_cast<uint32_t>((weekday(moment.days) + 1) % 7), 1);
        case 'u':
            return append_number(out, static_cast<uint32_t>(weekday(moment.days) + 1), 1);
        case 'b':
            out += kMonthNames[moment.civil.month - 1].substr(0, 3);
            return;
        case 'B':
            out += kMonthNames[moment.civil.month - 1];
            return;
        case 'Y':
            return append_year(out, moment.civil.year);
        case 'G':  // four digits, whatever the year: DuckDB cuts the others off
            iso_week(moment.days, iso_year, week);
            return append_number(out, static_cast<uint32_t>(iso_year) % 10000, 4);
        case 'V':
            iso_week(moment.days, iso_year, week);
            return append_number(out, static_cast<uint32_t>(week), 2);
        case 'U':
        case 'W':
            return append_number(out, static_cast<uint32_t>(plain_week(moment, part == 'W')), 2);
        default:
            break;
    }
}

struct Number {
    int64_t value = 0;
    size_t width = 2;
};

Number number_of(char part, const MomentParts& moment) {
    int64_t micros = moment.time % kMicrosPerSecond, hour = moment.time / kMicrosPerHour;
    switch (part) {
        case 'd':
            return {moment.civil.day};
        case 'm':
            return {moment.civil.month};
        case 'y':
            return {std::abs(moment.civil.year) % 100};
        case 'H':
            return {hour};
        case 'I':
            return {(hour + 11) % 12 + 1};
        case 'M':
            return {moment.time / kMicrosPerMinute % 60};
        case 'S':
            return {moment.time / kMicrosPerSecond % 60};
        case 'n':
            return {micros * 1000, 9};
        case 'f':
            return {micros, 6};
        case 'g':
            return {micros / 1000, 3};
        case 'j':
            return {part_value(DatePart::day_of_year, moment), 3};
        default:
            return {0, 0};
    }
}

void append_part(std::string& out, const PatternPiece& piece, const MomentParts& moment,
                 bool is_instant) {
    if (piece.part == 'p') {
        out += moment.time >= 12 * kMicrosPerHour ? "PM" : "AM";
    } else if (piece.part == 'z') {
        out += "+00";
    } else if (piece.part == 'Z') {
        out += is_instant ? "UTC" : "";
    } else if (Number number = number_of(piece.part, moment); number.width != 0) {
        append_number(out, static_cast<uint32_t>(number.value), piece.is_short ? 1 : number.width);
    } else {
        append_date_part(out, piece.part, moment);
    }
}

template <class T>
Row format_moment(const Call& call, T value, std::string& text, std::string_view& out) {
    const auto& prepared = *static_cast<const Prepared*>(call.prepared);
    MomentParts moment(0);
    if (!parts_of(value, moment)) {
        out = value > 0 ? "infinity" : "-infinity";
        return Row::value;
    }
    text.clear();
    for (const PatternPiece& piece : prepared.pattern) {
        text += piece.text;
        if (piece.part != 0) append_part(text, piece, moment, prepared.is_instant);
    }
    return keep_text(call, text, out);
}

// The pattern may stand on either side.
template <class T, bool is_first>
void format_rows(const Call& call) {
    std::string text;
    if constexpr (is_first)
        map_rows<std::string_view, std::string_view, T>(
            call, [&](std::string_view, T value, std::string_view& out) {
                return format_moment(call, value, text, out);
            });
    else
        map_rows<std::string_view, T, std::string_view>(
            call, [&](T value, std::string_view, std::string_view& out) {
                return format_moment(call, value, text, out);
            });
}

Result<BoundFunction> bind_strftime(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2 || signature.result.id != TypeId::varchar) return no_overload(signature);
    bool is_first = types[0].id == TypeId::varchar;
    const std::string* text = constant_text(signature, is_first ? 0 : 1);
    if (text == nullptr) return unimplemented("the pattern must be a constant text");
    auto pattern = parse_date_pattern(*text);
    if (!pattern) return unimplemented("no compiled form for the pattern '" + *text + "'");
    TypeId id = types[is_first ? 1 : 0].id;
    auto prepared = std::make_shared<Prepared>(Prepared{*pattern, id == TypeId::timestamptz});
    if (id == TypeId::date)
        return BoundFunction{is_first ? format_rows<int32_t, true> : format_rows<int32_t, false>,
                             prepared};
    if (id == TypeId::timestamp || id == TypeId::timestamptz)
        return BoundFunction{is_first ? format_rows<int64_t, true> : format_rows<int64_t, false>,
                             prepared};
    return no_overload(signature);
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "strftime",
    .summary = "A date or timestamp as text, by a pattern.",
    .example = "strftime(date '2024-03-05', '%a %-d %B %Y') = 'Tue 5 March 2024'",
    .bind = bind_strftime,
});

}  // namespace quern::score
