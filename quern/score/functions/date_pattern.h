// The patterns of strftime and strptime: texts with % and a letter where a part of a moment stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quern::score {

// A text, and the part that follows it: the letter of its % in DuckDB ('h' is 'b'; %c, %x, %X and
// %T are written out), 0 at the end.
struct PatternPiece {
    std::string text;
    char part = 0;
    bool is_short = false;  // %-d: without leading zeros
};
using DatePattern = std::vector<PatternPiece>;  // the last piece, and no other, has no part

std::optional<DatePattern> parse_date_pattern(std::string_view pattern);
bool has_part(const DatePattern& pattern, char part);

extern const std::string_view kDayNames[7];  // from Monday
extern const std::string_view kMonthNames[12];

}  // namespace quern::score
