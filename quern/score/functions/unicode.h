// Characters of UTF-8 texts, counted as DuckDB counts them: code points. Bytes that are no UTF-8
// are never read past the end of the text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace quern::score {

inline bool is_character_start(char c) { return (c & 0xC0) != 0x80; }

// Calls f with the bytes of the text, eight at a time; the last are filled up with zeros.
template <class F>
void for_words(std::string_view text, F f) {
    uint64_t word = 0;
    size_t at = 0;
    for (; at + sizeof(word) <= text.size(); at += sizeof(word)) {
        std::memcpy(&word, text.data() + at, sizeof(word));
        f(word);
    }
    if (at == text.size()) return;
    word = 0;
    std::memcpy(&word, text.data() + at, text.size() - at);
    f(word);
}

constexpr uint64_t kHighBits = 0x8080808080808080;

inline bool is_ascii(std::string_view text) {
    uint64_t all = 0;
    for_words(text, [&](uint64_t word) { all |= word; });
    return (all & kHighBits) == 0;
}

inline int64_t character_count(std::string_view text) {
    uint64_t inner = 0;  // bytes 10xxxxxx
    for_words(text, [&](uint64_t word) {
        const uint64_t bits = word & ~(word << 1) & kHighBits;
        inner += (bits >> 7) * 0x0101010101010101 >> 56;  // their sum, in the highest byte
    });
    return static_cast<int64_t>(text.size() - inner);
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
