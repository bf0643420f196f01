// Characters of UTF-8 texts, counted as DuckDB counts them: code points. Bytes that are no UTF-8
// are never read past the end of the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quern::score {

inline bool is_character_start(char c) { return (c & 0xC0) != 0x80; }

inline int64_t character_count(std::string_view text) {
    int64_t count = 0;
    for (char c : text) count += is_character_start(c);
    return count;
}

// The byte where character `index` begins; the text's size when there are fewer.
size_t character_offset(std::string_view text, int64_t index);

// The code point at the front and its bytes; a byte that begins none stands for itself.
int32_t next_character(std::string_view text, size_t& size);

int32_t lower_character(int32_t character);
int32_t upper_character(int32_t character);
bool is_space_separator(int32_t character);  // what trim() takes off
// Bytes of the first character as people see it: with its marks, joined emoji, flags.
size_t grapheme_size(std::string_view text);
std::string without_marks(std::string_view text);
std::string composed(std::string_view text);  // Unicode's form NFC
// Writes at most 4 bytes.
size_t encode_character(int32_t character, char* out);

}  // namespace quern::score
