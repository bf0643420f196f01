// Numbers and bytes as digits of another base, base64 and percent-encoding, and back.
#include <algorithm>

#include "quern/base/text.h"
#include "quern/score/functions/digits.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr Text kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Each byte as 8 / bits digits of that many bits.
template <int bits>
Row digits_of_bytes(TextArena& arena, Text bytes, Text& out) {
    constexpr size_t kEach = 8 / bits;
    char* to = arena.allocate(bytes.size() * kEach);
    if (to == nullptr) return Row::failed;
    out = {to, bytes.size() * kEach};
    for (char c : bytes)
        for (int shift = 8 - bits; shift >= 0; shift -= bits)
            *to++ = kDigits[static_cast<uint8_t>(c) >> shift & ((1 << bits) - 1)];
    return Row::value;
}

// In two's complement, without zeros in front.
template <int bits, class T>
Row digits_of_number(TextArena& arena, T value, Text& out) {
    auto left = static_cast<uint128>(value);
    if constexpr (sizeof(T) == 8) left = static_cast<uint64_t>(value);
    char buffer[128];
    char *const end = buffer + sizeof(buffer), *at = end;
    do {
        *--at = kDigits[static_cast<int>(left) & ((1 << bits) - 1)];
        left >>= bits;
    } while (left != 0);
    const auto size = static_cast<size_t>(end - at);
    char* to = arena.allocate(size);
    if (to == nullptr) return Row::failed;
    out = {to, size};
    std::copy(at, end, to);
    return Row::value;
}

// Digits are taken from the end, so the first byte may have fewer of them.
template <int bits>
Row bytes_of_digits(TextArena& arena, Text digits, Text& out) {
    constexpr size_t kEach = 8 / bits;
    const size_t size = (digits.size() + kEach - 1) / kEach;
    char* to = arena.allocate(size);
    if (to == nullptr) return Row::failed;
    out = {to, size};
    size_t left = digits.size();
    int byte = 0;
    for (char c : digits) {
        const int digit = digit_of(c);
        if (digit < 0 || digit >= 1 << bits) return Row::failed;
        byte = byte << bits | digit;
        if (--left % kEach != 0) continue;
        *to++ = static_cast<char>(byte);
        byte = 0;
    }
    return Row::value;
}

Row to_base64(TextArena& arena, Text bytes, Text& out) {
    const size_t size = (bytes.size() + 2) / 3 * 4;
    char* to = arena.allocate(size);
    if (to == nullptr) return Row::failed;
    out = {to, size};
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t taken = std::min<size_t>(3, bytes.size() - at);
        uint32_t block = 0;
        for (size_t i = 0; i < 3; ++i)
            block = block << 8 | (i < taken ? static_cast<uint8_t>(bytes[at + i]) : 0);
        for (size_t i = 0; i < 4; ++i)
            *to++ = i <= taken ? kBase64[block >> (18 - 6 * i) & 63] : '=';
    }
    return Row::value;
}

Row from_base64(TextArena& arena, Text text, Text& out) {
    out = {};
    if (text.size() % 4 != 0) return Row::failed;
    if (text.empty()) return Row::value;
    size_t size = text.size() / 4 * 3;
    if (text[text.size() - 2] == '=')
        size -= 2;
    else if (text.back() == '=')
        size -= 1;
    char* to = arena.allocate(text.size() / 4 * 3);
    if (to == nullptr) return Row::failed;
    out = {to, size};
    for (size_t at = 0; at < text.size(); at += 4) {
        uint32_t block = 0;
        for (size_t i = at; i < at + 4; ++i) {
            size_t value = kBase64.find(text[i]);
            // Only the last two of all may be padding.
            if (text[i] == '=' && i + 2 >= text.size()) value = 0;
            if (value == Text::npos) return Row::failed;
            block = block << 6 | static_cast<uint32_t>(value);
        }
        for (int shift = 16; shift >= 0; shift -= 8) *to++ = static_cast<char>(block >> shift);
    }
    return Row::value;
}

Row url_encode(TextArena& arena, Text text, Text& out) {
    char* const begin = arena.allocate(text.size() * 3);
    if (begin == nullptr) return Row::failed;
    char* to = begin;
    for (char c : text) {
        const bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                              (c >= '0' && c <= '9') || Text("_-~.").find(c) != Text::npos;
        if (is_plain) {
            *to++ = c;
        } else {
            *to++ = '%';
            *to++ = kDigits[static_cast<uint8_t>(c) >> 4];
            *to++ = kDigits[static_cast<uint8_t>(c) & 15];
        }
    }
    out = {begin, static_cast<size_t>(to - begin)};
    arena.shrink_last(text.size() * 3 - out.size());
    return Row::value;
}

Row url_decode(TextArena& arena, Text text, Text& out) {
    char* const begin = arena.allocate(text.size());
    if (begin == nullptr) return Row::failed;
    char* to = begin;
    for (size_t at = 0; at < text.size(); ++at) {
        const bool is_code = text[at] == '%' && at + 2 < text.size() &&
                             digit_of(text[at + 1]) >= 0 && digit_of(text[at + 2]) >= 0;
        *to++ = is_code ? static_cast<char>(digit_of(text[at + 1]) << 4 | digit_of(text[at + 2]))
                        : text[at];
        if (is_code) at += 2;
    }
    out = {begin, static_cast<size_t>(to - begin)};
    arena.shrink_last(text.size() - out.size());
    return is_utf8(out) ? Row::value : Row::failed;
}

void encode(Text text, Text& out) { out = text; }

Row decode(Text bytes, Text& out) {
    out = bytes;
    return is_utf8(bytes) ? Row::value : Row::failed;
}

constexpr int64_t kBaseDigitsMax = 64;

Row to_base(TextArena& arena, int64_t value, int32_t base, int32_t digits_min, Text& out) {
    if (value < 0 || base < 2 || base > 36 || digits_min < 0 || digits_min > kBaseDigitsMax)
        return Row::failed;
    char buffer[kBaseDigitsMax];
    char *const end = buffer + sizeof(buffer), *at = end;
    do {
        *--at = kDigits[value % base];
        value /= base;
    } while (value > 0);
    while (end - at < digits_min) *--at = '0';
    const auto size = static_cast<size_t>(end - at);
    char* to = arena.allocate(size);
    if (to == nullptr) return Row::failed;
    std::copy(at, end, to);
    out = {to, size};
    return Row::value;
}

Result<BoundFunction> bind_to_base(const Signature& signature) {
    // The binder adds the third argument when there is none.
    return bind_making<to_base, int64_t, int32_t, int32_t>(signature);
}

template <int bits>
Result<BoundFunction> bind_digits(const Signature& signature) {
    if (fits<Text, int64_t>(signature))
        return bind_making<digits_of_number<bits, int64_t>, int64_t>(signature);
    if (fits<Text, uint64_t>(signature))
        return bind_making<digits_of_number<bits, uint64_t>, uint64_t>(signature);
    if (fits<Text, int128>(signature))
        return bind_making<digits_of_number<bits, int128>, int128>(signature);
    return bind_making<digits_of_bytes<bits>, Text>(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("hex", "Hexadecimal digits of a number or of bytes.", "hex(255) = 'FF'",
                   bind_digits<4>);
QUERN_ROW_FUNCTION("to_hex", "The same as hex.", "to_hex('a') = '61'", bind_digits<4>);
QUERN_ROW_FUNCTION("unhex", "The bytes of hexadecimal digits.", "unhex('61') = 'a'::blob",
                   bind_making<bytes_of_digits<4>, Text>);
QUERN_ROW_FUNCTION("from_hex", "The same as unhex.", "from_hex('61') = 'a'::blob",
                   bind_making<bytes_of_digits<4>, Text>);
QUERN_ROW_FUNCTION("bin", "Binary digits of a number or of bytes.", "bin(5) = '101'",
                   bind_digits<1>);
QUERN_ROW_FUNCTION("to_binary", "The same as bin.", "to_binary(5) = '101'", bind_digits<1>);
QUERN_ROW_FUNCTION("unbin", "The bytes of binary digits.", "unbin('01100001') = 'a'::blob",
                   bind_making<bytes_of_digits<1>, Text>);
QUERN_ROW_FUNCTION("from_binary", "The same as unbin.", "from_binary('01100001') = 'a'::blob",
                   bind_making<bytes_of_digits<1>, Text>);
QUERN_ROW_FUNCTION("to_base64", "Bytes as base64.", "to_base64('a'::blob) = 'YQ=='",
                   bind_making<to_base64, Text>);
QUERN_ROW_FUNCTION("base64", "The same as to_base64.", "base64('a'::blob) = 'YQ=='",
                   bind_making<to_base64, Text>);
QUERN_ROW_FUNCTION("from_base64", "The bytes of base64.", "from_base64('YQ==') = 'a'::blob",
                   bind_making<from_base64, Text>);
QUERN_ROW_FUNCTION("to_base", "A number in a base of 2 to 36, with at least so many digits.",
                   "to_base(35, 36) = 'Z'", bind_to_base);
QUERN_ROW_FUNCTION("url_encode", "With all but plain letters, digits and _-~. percent-encoded.",
                   "url_encode('a b') = 'a%20b'", bind_making<url_encode, Text>);
QUERN_ROW_FUNCTION("url_decode", "With percent-encoded bytes decoded; no UTF-8 fails the row.",
                   "url_decode('a%20b') = 'a b'", bind_making<url_decode, Text>);
QUERN_ROW_FUNCTION("encode", "A text as its bytes.", "encode('a') = 'a'::blob",
                   bind_as<encode, Text, Text>);
QUERN_ROW_FUNCTION("decode", "Bytes as a text; no UTF-8 fails the row.", "decode('a'::blob) = 'a'",
                   bind_as<decode, Text, Text>);

}  // namespace quern::score
