#include "quern/frame/display_width.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdio>

#include "quern/base/text.h"

namespace quern::frame {
namespace {

// The character at `at`, and moves behind it. The text is UTF-8; else bytes are characters.
char32_t next_character(std::string_view text, size_t& at) {
    utf8proc_int32_t c = 0;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto size =
        utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &c);
    if (size <= 0) return static_cast<unsigned char>(text[at++]);
    at += static_cast<size_t>(size);
    return static_cast<char32_t>(c);
}

int width_of(char32_t c) { return utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)); }

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
