#include "quern/frame/display_width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "quern/base/text.h"

namespace quern::frame {
namespace {

struct Range {
    char32_t first, last;
};
// Unicode's East Asian wide and full-width characters and emoji, whole blocks.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x2705, 0x2705},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F90C, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
};
// Accents, joiners, marks of direction and of emoji's form.
constexpr Range kZero[] = {
    {0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0900, 0x0902},   {0x093C, 0x093C}, {0x0941, 0x0948}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E},
    {0x2060, 0x2064},   {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    {0xE0000, 0xE01EF},
};

template <size_t count>
bool is_within(char32_t c, const Range (&ranges)[count]) {
    const auto after = std::ranges::upper_bound(ranges, c, {}, &Range::first);
    return after != std::begin(ranges) && c <= std::prev(after)->last;
}

int width_of(char32_t c) {
    if (c < 0x300) return 1;
    if (is_within(c, kZero)) return 0;
    return is_within(c, kWide) ? 2 : 1;
}

// The character at `at`, and moves behind it. The text is UTF-8.
char32_t next_character(std::string_view text, size_t& at) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at++);
    if (lead < 0x80) return lead;
    char32_t c = lead >= 0xF0 ? lead & 0x07 : lead >= 0xE0 ? lead & 0x0F : lead & 0x1F;
    while (at < text.size() && (byte(at) & 0xC0) == 0x80) c = c << 6 | (byte(at++) & 0x3F);
    return c;
}

std::string escaped(unsigned char byte) {
    if (byte == '\n') return "\\n";
    if (byte == '\r') return "\\r";
    if (byte == '\t') return "\\t";
    char text[8];
    std::snprintf(text, sizeof(text), "\\x%02x", byte);
    return text;
}

// Controls of the terminal beyond ASCII, and marks that reorder what stands around them.
bool is_harmful(char32_t c) {
    return (c >= 0x80 && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

int display_width(std::string_view text) {
    int width = 0;
    for (size_t at = 0; at < text.size();) width += width_of(next_character(text, at));
    return width;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const size_t sound = std::min(first_not_utf8(text), text.size());
        for (size_t at = 0; at < sound;) {
            const size_t begin = at;
            const char32_t c = next_character(text.substr(0, sound), at);
            if (c < 0x20 || c == 0x7F) {
                out += escaped(static_cast<unsigned char>(c));
            } else if (is_harmful(c)) {
                for (size_t i = begin; i < at; ++i) {
                    out += escaped(static_cast<unsigned char>(text[i]));
                }
            } else {
                out += text.substr(begin, at - begin);
            }
        }
        text.remove_prefix(sound);
        if (text.empty()) break;
        out += escaped(static_cast<unsigned char>(text[0]));
        text.remove_prefix(1);
    }
    return out;
}

std::string cut_to_width(std::string_view text, int width) {
    int used = 0;
    size_t fits = 0;  // bytes that leave room for the "…"
    for (size_t at = 0; at < text.size();) {
        used += width_of(next_character(text, at));
        if (used > width) return std::string(text.substr(0, fits)) + (width > 0 ? "…" : "");
        if (used < width) fits = at;
    }
    return std::string(text);
}

}  // namespace quern::frame
