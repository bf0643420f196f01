// The rules of one time zone, carried by the program that needs them: a score does not depend on
// what the machine knows of zones.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::score {

class TimeZone {
public:
    // "3208;-2422054408=3600,...;7520400=7200,.../.../...": the offset from UTC in seconds at
    // first; the seconds since 1970 at which it changed, and to what; then, for all years from 2101
    // on, the seconds of the year at which it changes, for the 14 kinds of years: those that begin
    // on a Monday, leap years that do, those on a Tuesday and so on.
    static Result<TimeZone> parse(std::string_view rules);

    // Both give DuckDB's answer: a local time that there is twice is the second one, and one that
    // there is not counts on from before the gap. Finite values; they may leave the range.
    int64_t local_micros(int64_t utc_micros) const;
    int64_t utc_micros(int64_t local_micros) const;

private:
    struct Change {
        int64_t second = 0;
        int32_t offset = 0;
    };
    using Changes = std::vector<Change>;
    static Result<Changes> parse_changes(std::string_view text);
    // Of UTC seconds, or of local ones by the clock after each change.
    template <bool is_local>
    int32_t offset_at(int64_t seconds) const;

    int32_t first_offset_ = 0;
    Changes past_;
    std::array<Changes, 14> yearly_;
};

}  // namespace quern::score
