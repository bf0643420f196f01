// Reads a text by one pattern.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "quern/score/functions/date_pattern.h"

namespace quern::score {

struct ParsedMoment {
    int64_t year = 1900, month = 1, day = 1;
    int64_t hour = 0, minute = 0, second = 0, nanos = 0;
    int64_t offset_seconds = 0;
    std::optional<int64_t> special;  // infinity or epoch as a timestamp, whatever the pattern
};

// False when the text does not have the pattern's form. Whether there is such a day is not asked.
bool read_moment(const DatePattern& pattern, std::string_view text, ParsedMoment& out);

}  // namespace quern::score
