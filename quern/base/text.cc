#include "quern/base/text.h"

#include <algorithm>
#include <cstdio>

namespace quern {
namespace {

bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// Length of the UTF-8 sequence at the start of `text`, 0 when it is not one (RFC 3629: no
// surrogates, no overlong forms, nothing past U+10FFFF).
size_t sequence_length(std::string_view text) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    const size_t length = first >= 0xF0 ? 4 : (first >= 0xE0 ? 3 : 2);
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (size_t i = 1; i < length; ++i) {
        if (!is_continuation(at(i))) return 0;
    }
    if (first == 0xE0 && at(1) < 0xA0) return 0;
    if (first == 0xED && at(1) > 0x9F) return 0;
    if (first == 0xF0 && at(1) < 0x90) return 0;
    if (first == 0xF4 && at(1) > 0x8F) return 0;
    return length;
}

std::string doubled(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) out += quote;
    }
    return out + quote;
}

template <class... Args>
std::string printed(const char* format, Args... args) {
    char text[64];
    const int length = std::snprintf(text, sizeof text, format, args...);
    return {text, static_cast<size_t>(length)};
}

}  // namespace

size_t first_not_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const size_t length = sequence_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

bool is_utf8(std::string_view text) { return first_not_utf8(text) == std::string_view::npos; }

LineColumn line_column(std::string_view text, size_t offset) {
    LineColumn place;
    for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
        if (text[i] == '\n') {
            ++place.line;
            place.column = 1;
        } else if (!is_continuation(static_cast<unsigned char>(text[i]))) {
            ++place.column;
        }
    }
    return place;
}

std::string lower_ascii(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    const size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string quote_identifier(std::string_view name) { return doubled(name, '"'); }

std::string quote_literal(std::string_view text) { return doubled(text, '\''); }

std::string with_thousands(int64_t number) {
    std::string digits = std::to_string(number);
    const size_t start = digits[0] == '-' ? 1 : 0;
    for (size_t i = digits.size(); i > start + 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}

std::string plural(int64_t count, std::string_view noun) {
    return with_thousands(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string size_text(uint64_t size_bytes) {
    constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
    if (size_bytes < 1000) return std::to_string(size_bytes) + " B";
    double size = static_cast<double>(size_bytes) / 1000;
    size_t unit = 0;
    while (size >= 999.5 && unit + 1 < std::size(kUnits)) {
        size /= 1000;
        ++unit;
    }
    return printed(size < 9.95 ? "%.1f %s" : "%.0f %s", size, kUnits[unit]);
}

std::string duration_text(double seconds) {
    if (seconds < 9.995) return printed("%.2f s", seconds);
    if (seconds < 99.95) return printed("%.1f s", seconds);
    const auto whole = static_cast<int64_t>(seconds + 0.5);
    if (whole < 3600) return printed("%d min %d s", int(whole / 60), int(whole % 60));
    return printed("%d h %d min", int(whole / 3600), int(whole % 3600 / 60));
}

}  // namespace quern
