#include "quern/score/time_zone.h"

#include <algorithm>
#include <charconv>

#include "quern/score/functions/date_part.h"

namespace quern::score {
namespace {

constexpr int32_t kFirstYearly = 2101;
constexpr int64_t kSecondsPerDay = 86400, kOffsetMax = 2 * kSecondsPerDay;

Status broken() { return corrupt("the rules of a time zone are broken"); }

template <class T>
bool read_number(std::string_view text, T& out) {
    const char* end = text.data() + text.size();
    auto result = std::from_chars(text.data(), end, out);
    return result.ec == std::errc() && result.ptr == end;
}

// Up to `mark`, which is taken too; all of it where there is none.
std::string_view take_until(std::string_view& text, char mark) {
    size_t at = text.find(mark);
    std::string_view front = text.substr(0, at);
    text = at == std::string_view::npos ? "" : text.substr(at + 1);
    return front;
}

struct YearStart {
    int64_t second = 0;
    size_t kind = 0;
};
YearStart start_of(int64_t year) {
    int64_t days = days_of_civil(year, 1, 1);
    return {days * kSecondsPerDay, static_cast<size_t>(weekday(static_cast<int32_t>(days))) * 2 +
                                       (is_leap_year(static_cast<int32_t>(year)) ? 1 : 0)};
}

}  // namespace

Result<TimeZone::Changes> TimeZone::parse_changes(std::string_view text) {
    Changes changes;
    while (!text.empty()) {
        std::string_view offset = take_until(text, ',');
        std::string_view second = take_until(offset, '=');
        Change change;
        bool is_read = read_number(second, change.second) && read_number(offset, change.offset);
        bool is_sorted = changes.empty() || changes.back().second < change.second;
        if (!is_read || !is_sorted || std::abs(int64_t{change.offset}) > kOffsetMax ||
            std::abs(change.second) > int64_t{1} << 40)
            return broken();
        changes.push_back(change);
    }
    return changes;
}

Result<TimeZone> TimeZone::parse(std::string_view rules) {
    TimeZone zone;
    if (!read_number(take_until(rules, ';'), zone.first_offset_) ||
        std::abs(int64_t{zone.first_offset_}) > kOffsetMax)
        return broken();
    zone.past_ = TRY(parse_changes(take_until(rules, ';')));
    for (Changes& changes : zone.yearly_) {
        changes = TRY(parse_changes(take_until(rules, '/')));
        if (changes.empty() != zone.yearly_[0].empty()) return broken();
    }
    if (!rules.empty()) return broken();
    return zone;
}

template <bool is_local>
int32_t TimeZone::offset_at(int64_t seconds) const {
    auto last_before = [](const Changes& changes, int64_t second) -> const Change* {
        auto next =
            std::partition_point(changes.begin(), changes.end(), [second](const Change& change) {
                return change.second + (is_local ? change.offset : 0) <= second;
            });
        return next == changes.begin() ? nullptr : &*(next - 1);
    };
    int64_t year = civil_of_days(floor_div(seconds, kSecondsPerDay)).year;
    if (year >= kFirstYearly && !yearly_[0].empty()) {
        YearStart start = start_of(year);
        const Change* found = last_before(yearly_[start.kind], seconds - start.second);
        if (found != nullptr) return found->offset;
        if (year > kFirstYearly) return yearly_[start_of(year - 1).kind].back().offset;
    }
    const Change* found = last_before(past_, seconds);
    return found == nullptr ? first_offset_ : found->offset;
}

int64_t TimeZone::local_micros(int64_t utc_micros) const {
    int64_t seconds = floor_div(utc_micros, kMicrosPerSecond), local = 0;
    int64_t offset = offset_at<false>(seconds) * kMicrosPerSecond;
    if (__builtin_add_overflow(utc_micros, offset, &local))
        return offset > 0 ? kTimestampInfinity : -kTimestampInfinity;
    return local;
}

int64_t TimeZone::utc_micros(int64_t local_micros) const {
    int64_t seconds = floor_div(local_micros, kMicrosPerSecond), utc = 0;
    int64_t offset = offset_at<true>(seconds) * kMicrosPerSecond;
    if (__builtin_sub_overflow(local_micros, offset, &utc))
        return offset < 0 ? kTimestampInfinity : -kTimestampInfinity;
    return utc;
}

}  // namespace quern::score
