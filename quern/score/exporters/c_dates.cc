// Dates and timestamps as C: their parts, days between them, and casts.
#include "quern/score/exporters/c_dates.h"

#include "quern/score/exporters/c_call.h"
#include "quern/score/functions/date_part.h"

namespace quern::score::c {
namespace {

using frame::TypeId;

constexpr std::string_view kFloor = R"(
static int64_t q_floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
)";
constexpr std::string_view kDaysOf = R"(
/* Years run from March here, so that the leap day is the last of a year. */
static int64_t q_days_of(int64_t year, int64_t month, int64_t day) {
    int64_t era, of_era, of_year;
    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}
)";
constexpr std::string_view kCalendar = R"(
/* Years run from March here, so that the leap day is the last of a year. */
typedef struct q_moment { int64_t days, time, year, month, day; } q_moment;
static q_moment q_take_apart(int64_t days, int64_t time) {
    int64_t since = days + 719468, era = (since >= 0 ? since : since - 146096) / 146097;
    int64_t rest = since - era * 146097;
    int64_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t of_year = rest - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    q_moment moment;
    moment.days = days;
    moment.time = time;
    moment.month = shifted < 10 ? shifted + 3 : shifted - 9;
    moment.year = year + era * 400 + (moment.month <= 2);
    moment.day = of_year - (153 * shifted + 2) / 5 + 1;
    return moment;
}
)";
constexpr std::string_view kOfDate = R"(
static bool q_date_parts(int32_t days, q_moment *out) { /* false: infinite */
    *out = q_take_apart(days, 0);
    return days != INT32_MAX && days != -INT32_MAX;
}
)";
constexpr std::string_view kOfMicros = R"(
static bool q_timestamp_parts(int64_t micros, q_moment *out) { /* false: infinite */
    bool is_finite = micros != INT64_MAX && micros != -INT64_MAX;
    int64_t at = is_finite ? micros : 0, days = q_floor_divide(at, INT64_C(86400000000));
    *out = q_take_apart(days, at - days * INT64_C(86400000000));
    return is_finite;
}
)";

// Of a q_moment named m.
const char* part_expression(DatePart part) {
    switch (part) {
        case DatePart::year:
            return "m.year";
        case DatePart::decade:
            return "m.year / 10";
        case DatePart::century:
            return "m.year > 0 ? (m.year - 1) / 100 + 1 : m.year / 100 - 1";
        case DatePart::millennium:
            return "m.year > 0 ? (m.year - 1) / 1000 + 1 : m.year / 1000 - 1";
        case DatePart::era:
            return "m.year > 0";
        case DatePart::quarter:
            return "(m.month - 1) / 3 + 1";
        case DatePart::month:
            return "m.month";
        case DatePart::day:
            return "m.day";
        case DatePart::hour:
            return "m.time / INT64_C(3600000000)";
        case DatePart::minute:
            return "m.time / 60000000 % 60";
        case DatePart::second:
            return "m.time / 1000000 % 60";
        case DatePart::millisecond:
            return "m.time % 60000000 / 1000";
        case DatePart::microsecond:
            return "m.time % 60000000";
        case DatePart::day_of_week:
            return "(m.days + 4) - q_floor_divide(m.days + 4, 7) * 7";
        case DatePart::iso_day_of_week:
            return "(m.days + 3) - q_floor_divide(m.days + 3, 7) * 7 + 1";
        case DatePart::day_of_year:
            return "m.days - q_days_of(m.year, 1, 1) + 1";
        default:
            return nullptr;
    }
}

bool part_of(const CallSite& site, std::string_view name, size_t argument) {
    const std::string code = part_code(site.source, name);
    const frame::Type& type = site.arguments[argument]->type;
    const bool fits = !code.empty() && site.result() == Storage::i64 &&
                      (type.id == TypeId::date || type.id == TypeId::timestamp);
    if (!fits) return false;
    const std::string take = use_calendar(site.source, type);
    site.source.line(site.state + " = " + site.states[argument] + ";");
    site.source.line("if (" + site.state + " == 0) { q_moment m; if (" + take + "(" +
                     site.values[argument] + ", &m)) " + site.value + " = " + code + "; else " +
                     site.state + " = 1; }");
    return true;
}

bool named_part(const CallSite& site) {
    return site.arguments.size() == 1 && part_of(site, site.call.function, 0);
}

bool date_part_form(const CallSite& site) {
    if (site.arguments.size() != 2) return false;
    const Expression& name = *site.arguments[0];
    if (name.kind != Expression::Kind::constant || name.constant.is_null) return false;
    return part_of(site, name.constant.text, 1);
}

template <int sign>
bool shift(const CallSite& site) {
    if (site.arguments.size() != 2) return false;
    const TypeId a = site.arguments[0]->type.id, b = site.arguments[1]->type.id;
    const TypeId result = site.call.type.id;
    if (sign < 0 && a == TypeId::date && b == TypeId::date && result == TypeId::bigint) {
        site.assign("(int64_t)" + site.values[0] + " - " + site.values[1]);
        return true;
    }
    if (a != TypeId::date || b != TypeId::integer || result != TypeId::date) return false;
    const std::string name = sign > 0 ? "q_days_later" : "q_days_earlier";
    site.source.helper("\nstatic int " + name +
                       R"((int32_t days, int32_t count, int32_t *out) {
    int64_t sum = (int64_t)days )" +
                       (sign > 0 ? "+" : "-") +
                       R"( count;
    bool is_infinite = days == INT32_MAX || days == -INT32_MAX;
    if (!is_infinite && (sum >= INT32_MAX || sum <= -INT32_MAX)) return 2;
    *out = is_infinite ? days : (int32_t)sum;
    return 0;
}
)");
    site.map(name);
    return true;
}

bool cast_form(const CallSite& site) {
    const TypeId from = site.arguments[0]->type.id, to = site.call.type.id;
    if (from == TypeId::timestamp && to == TypeId::date) {
        site.source.helper(std::string(kFloor));
        site.source.helper(R"(
static int q_date_of(int64_t micros, int32_t *out) {
    bool is_infinite = micros == INT64_MAX || micros == -INT64_MAX;
    *out = is_infinite ? (micros > 0 ? INT32_MAX : -INT32_MAX)
                       : (int32_t)q_floor_divide(micros, INT64_C(86400000000));
    return 0;
}
)");
        site.map("q_date_of");
        return true;
    }
    if (from != TypeId::date || to != TypeId::timestamp) return false;
    site.source.helper(R"(
static int q_midnight_of(int32_t days, int64_t *out) {
    bool is_infinite = days == INT32_MAX || days == -INT32_MAX;
    if (!is_infinite && (days > 106751991 || days < -106751991)) return 2;
    *out = is_infinite ? (days > 0 ? INT64_MAX : -INT64_MAX) : days * INT64_C(86400000000);
    return 0;
}
)");
    site.map("q_midnight_of");
    return true;
}

constexpr NamedForm kForms[] = {
    {"year", named_part},
    {"month", named_part},
    {"day", named_part},
    {"dayofmonth", named_part},
    {"quarter", named_part},
    {"dayofweek", named_part},
    {"weekday", named_part},
    {"isodow", named_part},
    {"dayofyear", named_part},
    {"decade", named_part},
    {"century", named_part},
    {"millennium", named_part},
    {"era", named_part},
    {"hour", named_part},
    {"minute", named_part},
    {"second", named_part},
    {"millisecond", named_part},
    {"microsecond", named_part},
    {"date_part", date_part_form},
    {"datepart", date_part_form},
    {"+", shift<1>},
    {"-", shift<-1>},
    {"cast", cast_form},
};

}  // namespace

std::string use_calendar(Source& source, const frame::Type& type) {
    source.helper(std::string(kCalendar));
    const bool is_date = type.id == TypeId::date;
    if (!is_date) source.helper(std::string(kFloor));
    source.helper(std::string(is_date ? kOfDate : kOfMicros));
    return is_date ? "q_date_parts" : "q_timestamp_parts";
}

std::string part_code(Source& source, std::string_view name) {
    const bool is_iso = name == "day_of_week";  // an encoder's word: Monday 1
    const auto part = is_iso                  ? DatePart::iso_day_of_week
                      : name == "day_of_year" ? DatePart::day_of_year
                                              : date_part_of(name);
    const char* code = part ? part_expression(*part) : nullptr;
    if (code == nullptr) return "";
    const std::string_view view = code;
    if (view.find("q_floor") != view.npos) source.helper(std::string(kFloor));
    if (view.find("q_days_of") != view.npos) source.helper(std::string(kDaysOf));
    return code;
}

std::span<const NamedForm> date_forms() { return kForms; }

}  // namespace quern::score::c
