#include "quern/sql/time_zone.h"

#include <array>

#include "quern/base/text.h"

namespace quern::sql {
namespace {

// Seconds since 1970. Zones are older than neither, and after `kYearly` every year goes by a rule;
// 28 years show it for each kind of year: on what weekday it begins, and whether it is a leap year.
constexpr int64_t kFirst = -5364662400, kYearly = 4133980800, kEnd = 5017593600;

// Halves a day down to the second at which the offset from UTC changes.
std::string changes_sql(std::string_view name) {
    const std::string zone = quote_literal(name);
    const auto offset = [&zone](const std::string& from) {
        return "(select t, epoch_us(timezone(" + zone + ", make_timestamptz(t * 1000000))) // " +
               "1000000 - t as o from " + from + ")";
    };
    const auto changes = [](const std::string& offsets) {
        return "(select t, o from (select t, o, lag(o) over (order by t) as p from " + offsets +
               ") where o <> p)";
    };
    const auto around = [](int step, const std::string& found) {
        return "(select unnest(range(t - " + std::to_string(step) + ", t + 1, " +
               (step > 1000 ? "240" : "1") + ")) as t from " + found + ")";
    };
    const std::string days =
        "range(" + std::to_string(kFirst) + ", " + std::to_string(kEnd) + ", 43200) r(t)";
    const std::string hours = changes(offset(days));
    const std::string minutes = changes(offset(around(43200, hours)));
    const std::string seconds = changes(offset(around(240, minutes)));
    return "select t, o from " +
           offset("range(" + std::to_string(kFirst) + ", " + std::to_string(kFirst + 1) +
                  ") r(t)") +
           " union all select t, o from " + seconds + " order by t";
}

struct Year {
    int64_t start = 0;  // seconds since 1970
    size_t kind = 0;
};

// The year after 2101 in which the second lies.
Year year_of(int64_t seconds) {
    Year year{kYearly, 0};
    for (int number = 2101; number <= 2128; ++number) {
        const bool is_leap = number % 4 == 0;
        const int64_t next = year.start + (is_leap ? 366 : 365) * int64_t{86400};
        if (seconds < next) {
            const int64_t weekday = (year.start / 86400 + 3) % 7;  // Monday 0
            year.kind = static_cast<size_t>(weekday) * 2 + (is_leap ? 1 : 0);
            return year;
        }
        year.start = next;
    }
    return year;
}

void append(std::string& list, int64_t second, int64_t offset) {
    if (!list.empty()) list += ",";
    list += std::to_string(second) + "=" + std::to_string(offset);
}

}  // namespace

Result<std::string> time_zone_rules(Session& session, std::string_view name) {
    auto changes = session.query_all(changes_sql(name));
    if (!changes.ok()) return not_found("DuckDB knows no time zone '" + std::string(name) + "'");
    const auto times = changes->columns[0].view(), offsets = changes->columns[1].view();
    std::string past;
    std::array<std::string, 14> yearly;
    std::array<int64_t, 14> shown_by{};  // the year that shows the kind
    for (size_t row = 1; row < times.row_count; ++row) {
        const int64_t second = times.values<int64_t>()[row];
        const int64_t offset = offsets.values<int64_t>()[row];
        if (second < kYearly) {
            append(past, second, offset);
            continue;
        }
        const Year year = year_of(second);
        int64_t& shown = shown_by[year.kind];
        if (shown == 0) shown = year.start;
        if (shown == year.start) append(yearly[year.kind], second - year.start, offset);
    }
    std::string rules = std::to_string(offsets.values<int64_t>()[0]) + ";" + past + ";";
    for (size_t kind = 0; kind < yearly.size(); ++kind)
        rules += (kind > 0 ? "/" : "") + yearly[kind];
    return rules;
}

}  // namespace quern::sql
