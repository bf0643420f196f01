#include "quern/score/functions/date_part.h"

#include "quern/base/text.h"

namespace quern::score {
namespace {

struct Name {
    std::string_view name;
    DatePart part;
};

constexpr Name kNames[] = {
    {"year", DatePart::year},
    {"yr", DatePart::year},
    {"y", DatePart::year},
    {"years", DatePart::year},
    {"yrs", DatePart::year},
    {"month", DatePart::month},
    {"mon", DatePart::month},
    {"months", DatePart::month},
    {"mons", DatePart::month},
    {"day", DatePart::day},
    {"days", DatePart::day},
    {"d", DatePart::day},
    {"dayofmonth", DatePart::day},
    {"decade", DatePart::decade},
    {"dec", DatePart::decade},
    {"decades", DatePart::decade},
    {"decs", DatePart::decade},
    {"century", DatePart::century},
    {"cent", DatePart::century},
    {"centuries", DatePart::century},
    {"c", DatePart::century},
    {"millennium", DatePart::millennium},
    {"mil", DatePart::millennium},
    {"millenniums", DatePart::millennium},
    {"millennia", DatePart::millennium},
    {"mils", DatePart::millennium},
    {"millenium", DatePart::millennium},
    {"microseconds", DatePart::microsecond},
    {"microsecond", DatePart::microsecond},
    {"us", DatePart::microsecond},
    {"usec", DatePart::microsecond},
    {"usecs", DatePart::microsecond},
    {"usecond", DatePart::microsecond},
    {"useconds", DatePart::microsecond},
    {"milliseconds", DatePart::millisecond},
    {"millisecond", DatePart::millisecond},
    {"ms", DatePart::millisecond},
    {"msec", DatePart::millisecond},
    {"msecs", DatePart::millisecond},
    {"msecond", DatePart::millisecond},
    {"mseconds", DatePart::millisecond},
    {"second", DatePart::second},
    {"sec", DatePart::second},
    {"seconds", DatePart::second},
    {"secs", DatePart::second},
    {"s", DatePart::second},
    {"minute", DatePart::minute},
    {"min", DatePart::minute},
    {"minutes", DatePart::minute},
    {"mins", DatePart::minute},
    {"m", DatePart::minute},
    {"hour", DatePart::hour},
    {"hr", DatePart::hour},
    {"hours", DatePart::hour},
    {"hrs", DatePart::hour},
    {"h", DatePart::hour},
    {"dow", DatePart::day_of_week},
    {"dayofweek", DatePart::day_of_week},
    {"weekday", DatePart::day_of_week},
    {"isodow", DatePart::iso_day_of_week},
    {"week", DatePart::week},
    {"weeks", DatePart::week},
    {"w", DatePart::week},
    {"weekofyear", DatePart::week},
    {"doy", DatePart::day_of_year},
    {"dayofyear", DatePart::day_of_year},
    {"quarter", DatePart::quarter},
    {"quarters", DatePart::quarter},
    {"yearweek", DatePart::yearweek},
    {"isoyear", DatePart::isoyear},
    {"era", DatePart::era},
    {"epoch", DatePart::epoch},
    {"julian", DatePart::julian},
    {"jd", DatePart::julian},
    {"timezone", DatePart::timezone},
    {"timezone_hour", DatePart::timezone_hour},
    {"timezone_minute", DatePart::timezone_minute},
};

// Centuries and millennia count from year 1; there is none with number 0.
int64_t counted_years(int64_t year, int64_t span) {
    return year > 0 ? (year - 1) / span + 1 : year / span - 1;
}

}  // namespace

std::optional<DatePart> date_part_of(std::string_view name) {
    std::string lower = lower_ascii(name);
    for (const Name& known : kNames)
        if (known.name == lower) return known.part;
    return std::nullopt;
}

int32_t weekday(int32_t days) {
    int64_t since_monday = int64_t{days} + 3;
    return static_cast<int32_t>(floor_mod(since_monday, 7));
}

void iso_week(int32_t days, int32_t& year, int32_t& week) {
    // A week counts to the year of its Thursday.
    int64_t thursday = int64_t{days} - weekday(days) + 3;
    year = civil_of_days(thursday).year;
    week = static_cast<int32_t>((thursday - days_of_civil(year, 1, 1)) / 7 + 1);
}

int64_t part_value(DatePart part, const MomentParts& moment) {
    int32_t year = moment.civil.year, iso_year = 0, week = 0;
    switch (part) {
        case DatePart::millennium:
            return counted_years(year, 1000);
        case DatePart::century:
            return counted_years(year, 100);
        case DatePart::decade:
            return year / 10;
        case DatePart::year:
            return year;
        case DatePart::quarter:
            return (moment.civil.month - 1) / 3 + 1;
        case DatePart::month:
            return moment.civil.month;
        case DatePart::day:
            return moment.civil.day;
        case DatePart::hour:
            return moment.time / kMicrosPerHour;
        case DatePart::minute:
            return moment.time / kMicrosPerMinute % 60;
        case DatePart::second:
            return moment.time / kMicrosPerSecond % 60;
        case DatePart::millisecond:
            return moment.time % kMicrosPerMinute / 1000;
        case DatePart::microsecond:
            return moment.time % kMicrosPerMinute;
        case DatePart::day_of_week:
            return (weekday(moment.days) + 1) % 7;
        case DatePart::iso_day_of_week:
            return weekday(moment.days) + 1;
        case DatePart::day_of_year:
            return moment.days - days_of_civil(year, 1, 1) + 1;
        case DatePart::era:
            return year > 0 ? 1 : 0;
        case DatePart::week:
            iso_week(moment.days, iso_year, week);
            return week;
        case DatePart::isoyear:
            iso_week(moment.days, iso_year, week);
            return iso_year;
        case DatePart::yearweek:
            break;
        case DatePart::epoch:
        case DatePart::julian:
        case DatePart::timezone:
        case DatePart::timezone_hour:
        case DatePart::timezone_minute:
            return 0;  // the first two are no integers; a moment without zone is UTC
    }
    iso_week(moment.days, iso_year, week);
    return int64_t{iso_year} * 100 + (iso_year > 0 ? week : -week);
}

int64_t months_of_part(DatePart part) {
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

int64_t micros_of_part(DatePart part) {
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

}  // namespace quern::score
