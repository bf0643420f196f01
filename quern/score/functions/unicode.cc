#include "quern/score/functions/unicode.h"

#include <utf8proc.h>

#include <cstdlib>

namespace quern::score {
namespace {

std::string mapped(std::string_view text, int options) {
    utf8proc_uint8_t* made = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &made,
                     static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    std::string result;
    // DuckDB takes the result up to its first zero byte.
    if (size > 0) result = reinterpret_cast<const char*>(made);
    std::free(made);
    return result;
}

}  // namespace

std::string without_marks(std::string_view text) { return mapped(text, UTF8PROC_STRIPMARK); }
std::string composed(std::string_view text) { return mapped(text, 0); }

size_t character_offset(std::string_view text, int64_t index) {
    size_t at = 0;
    for (; at < text.size(); ++at) {
        if (!is_character_start(text[at])) continue;
        if (index-- == 0) return at;
    }
    return at;
}

int32_t next_character(std::string_view text, size_t& size) {
    utf8proc_int32_t character = 0;
    utf8proc_ssize_t bytes =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                         static_cast<utf8proc_ssize_t>(text.size()), &character);
    size = bytes > 0 ? static_cast<size_t>(bytes) : 1;
    return bytes > 0 ? character : static_cast<unsigned char>(text[0]);
}

int32_t lower_character(int32_t character) { return utf8proc_tolower(character); }
int32_t upper_character(int32_t character) { return utf8proc_toupper(character); }

bool is_space_separator(int32_t character) {
    return utf8proc_category(character) == UTF8PROC_CATEGORY_ZS;
}

size_t grapheme_size(std::string_view text) {
    size_t end = 0;
    int32_t before = next_character(text, end), state = 0;
    while (end < text.size()) {
        size_t size = 0;
        int32_t character = next_character(text.substr(end), size);
        if (utf8proc_grapheme_break_stateful(before, character, &state)) break;
        before = character;
        end += size;
    }
    return end;
}

size_t encode_character(int32_t character, char* out) {
    utf8proc_ssize_t size =
        utf8proc_encode_char(character, reinterpret_cast<utf8proc_uint8_t*>(out));
    return size > 0 ? static_cast<size_t>(size) : 0;
}

}  // namespace quern::score
