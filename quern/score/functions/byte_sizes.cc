// Counts of bytes as people write them: 1.5 KiB, 20 MB.
#include <cstdio>

#include "quern/base/text.h"
#include "quern/score/functions/parse.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

// With one digit after the point, cut and not rounded.
template <uint64_t step>
Row format_size(TextArena& arena, int64_t bytes, Text& out) {
    constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    constexpr const char* kThousands[] = {"kB", "MB", "GB", "TB", "PB"};
    const uint64_t size = bytes < 0 ? -static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
    const char* sign = bytes < 0 ? "-" : "";
    constexpr size_t kSizeMax = 40;
    char* to = arena.allocate(kSizeMax);
    if (to == nullptr) return Row::failed;
    uint64_t whole = size, rest = 0;
    int unit = -1;
    for (; unit < 4 && whole >= step; ++unit) {
        rest = whole % step;
        whole /= step;
    }
    const unsigned long long shown = whole, tenth = rest * 10 / step;
    const int written =
        unit < 0 ? std::snprintf(to, kSizeMax, "%s%llu byte%s", sign, shown, size == 1 ? "" : "s")
                 : std::snprintf(to, kSizeMax, "%s%llu.%llu %s", sign, shown, tenth,
                                 step == 1000 ? kThousands[unit] : kUnits[unit]);
    out = {to, static_cast<size_t>(written)};
    arena.shrink_last(kSizeMax - out.size());
    return Row::value;
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

double multiplier_of(Text unit) {
    constexpr std::pair<Text, double> kUnits[] = {{"byte", 1},
                                                  {"bytes", 1},
                                                  {"b", 1},
                                                  {"kilobyte", 1e3},
                                                  {"kilobytes", 1e3},
                                                  {"kb", 1e3},
                                                  {"k", 1e3},
                                                  {"megabyte", 1e6},
                                                  {"megabytes", 1e6},
                                                  {"mb", 1e6},
                                                  {"m", 1e6},
                                                  {"gigabyte", 1e9},
                                                  {"gigabytes", 1e9},
                                                  {"gb", 1e9},
                                                  {"g", 1e9},
                                                  {"terabyte", 1e12},
                                                  {"terabytes", 1e12},
                                                  {"tb", 1e12},
                                                  {"t", 1e12},
                                                  {"kib", 1024.0},
                                                  {"mib", 1048576.0},
                                                  {"gib", 1073741824.0},
                                                  {"tib", 1099511627776.0}};
    for (const auto& [name, factor] : kUnits)
        if (lower_ascii(std::string(unit)) == name) return factor;
    return 0;
}

Row parse_size(Text text, uint64_t& out) {
    size_t at = 0;
    const auto skip = [&](auto is_skipped) {
        const size_t begin = at;
        while (at < text.size() && is_skipped(text[at])) ++at;
        return text.substr(begin, at - begin);
    };
    skip(is_space);
    const Text digits = skip([](char c) {
        return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '-';
    });
    double number = 0;
    if (digits.empty() || !parse_float(digits, number)) return Row::failed;
    skip(is_space);
    const double factor = multiplier_of(skip([](char c) { return !is_space(c); }));
    if (number < 0 || factor == 0 || number > 18446744073709551616.0 / factor) return Row::failed;
    const double bytes = number * factor;
    out = bytes < 18446744073709551616.0 ? static_cast<uint64_t>(bytes) : 0;
    return Row::value;
}

}  // namespace

QUERN_ROW_FUNCTION("format_bytes", "A count of bytes in units of 1024.",
                   "format_bytes(1536) = '1.5 KiB'", bind_making<format_size<1024>, int64_t>);
QUERN_ROW_FUNCTION("formatReadableSize", "The same as format_bytes.",
                   "formatReadableSize(1536) = '1.5 KiB'", bind_making<format_size<1024>, int64_t>);
QUERN_ROW_FUNCTION("formatReadableDecimalSize", "A count of bytes in units of 1000.",
                   "formatReadableDecimalSize(1500) = '1.5 kB'",
                   bind_making<format_size<1000>, int64_t>);
QUERN_ROW_FUNCTION("parse_formatted_bytes", "The count of bytes that a text like '1.5 KiB' tells.",
                   "parse_formatted_bytes('1.5 KiB') = 1536", bind_as<parse_size, uint64_t, Text>);

}  // namespace quern::score
