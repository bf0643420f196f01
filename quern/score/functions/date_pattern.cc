#include "quern/score/functions/date_pattern.h"

#include <algorithm>

namespace quern::score {
namespace {

// What stands for several parts.
std::string_view written_out(char letter) {
    switch (letter) {
        case 'c':
            return "%Y-%m-%d %H:%M:%S";
        case 'x':
            return "%Y-%m-%d";
        case 'X':
        case 'T':
            return "%H:%M:%S";
        default:
            return "";
    }
}

}  // namespace

const std::string_view kDayNames[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
const std::string_view kMonthNames[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

std::optional<DatePattern> parse_date_pattern(std::string_view pattern) {
    constexpr std::string_view kParts = "aAwudbhBmyYGHIpMSnfgzZjUWV", kShortParts = "dmyHIMSj";
    if (pattern.empty()) return std::nullopt;
    DatePattern pieces(1);
    for (size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] != '%') {
            pieces.back().text += pattern[at];
            continue;
        }
        if (++at == pattern.size()) return std::nullopt;
        bool is_short = pattern[at] == '-' && at + 1 < pattern.size();
        if (is_short) ++at;
        char letter = pattern[at];
        std::string_view several = is_short ? "" : written_out(letter);
        if (letter == '%' && !is_short) {
            pieces.back().text += '%';
        } else if (!several.empty()) {
            DatePattern inner = *parse_date_pattern(several);
            pieces.back().text += inner.front().text;
            pieces.back().part = inner.front().part;
            pieces.insert(pieces.end(), inner.begin() + 1, inner.end());
        } else {
            if ((is_short ? kShortParts : kParts).find(letter) == std::string_view::npos)
                return std::nullopt;
            pieces.back().part = letter == 'h' ? 'b' : letter;
            pieces.back().is_short = is_short;
            pieces.emplace_back();
        }
    }
    return pieces;
}

bool has_part(const DatePattern& pattern, char part) {
    return std::any_of(pattern.begin(), pattern.end(),
                       [part](const PatternPiece& piece) { return piece.part == part; });
}

}  // namespace quern::score
