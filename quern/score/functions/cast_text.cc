// Casts from and to VARCHAR.
#include "quern/score/functions/cast.h"
#include "quern/score/functions/digits.h"
#include "quern/score/functions/format.h"
#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

template <class T, auto parse>
void parse_rows(const Call& call) {
    map_rows<T, std::string_view>(call, [](std::string_view text, T& out) {
        return parse(text, out) ? Row::value : Row::failed;
    });
}

template <class T>
void parse_decimals(const Call& call) {
    const int width = call.result.width, scale = call.result.scale;
    map_rows<T, std::string_view>(call, [=](std::string_view text, T& out) {
        int128 value = 0;
        if (!parse_decimal(text, width, scale, value)) return Row::failed;
        out = static_cast<T>(value);
        return Row::value;
    });
}

// format(value, buffer) -> the text in the buffer.
template <class T, class Format>
void format_rows(const Call& call, Format format) {
    map_rows<std::string_view, T>(call, [&](T value, std::string_view& out) {
        char buffer[kValueTextMax];
        return keep_text(call, format(value, buffer), out);
    });
}

template <class T>
void format_numbers(const Call& call) {
    format_rows<T>(call, [](T value, char* buffer) -> std::string_view {
        if constexpr (kIsFloat<T>)
            return format_float(value, buffer);
        else
            return format_integer(static_cast<int128>(value), buffer);
    });
}

template <class T>
void format_decimals(const Call& call) {
    const int width = call.types[0].width, scale = call.types[0].scale;
    format_rows<T>(call, [=](T value, char* buffer) {
        return format_decimal(static_cast<int128>(value), width, scale, buffer);
    });
}

void format_booleans(const Call& call) {
    map_rows<std::string_view, bool>(
        call, [](bool value, std::string_view& out) { out = value ? "true" : "false"; });
}

template <class T, std::string_view (*format)(T, char*)>
void format_times(const Call& call) {
    format_rows<T>(call, format);
}

// ASCII, and \xAA for any byte.
Row text_to_blob(TextArena& arena, std::string_view text, std::string_view& out) {
    char* const begin = arena.allocate(text.size());
    if (begin == nullptr) return Row::failed;
    char* to = begin;
    for (size_t at = 0; at < text.size(); ++at) {
        if ((text[at] & 0x80) != 0) return Row::failed;
        *to++ = text[at];
        if (text[at] != '\\') continue;
        if (at + 3 >= text.size() || text[at + 1] != 'x') return Row::failed;
        const int high = digit_of(text[at + 2]), low = digit_of(text[at + 3]);
        if (high < 0 || low < 0) return Row::failed;
        to[-1] = static_cast<char>(high << 4 | low);
        at += 3;
    }
    out = {begin, static_cast<size_t>(to - begin)};
    arena.shrink_last(text.size() - out.size());
    return Row::value;
}

Row blob_to_text(TextArena& arena, std::string_view bytes, std::string_view& out) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    char* const begin = arena.allocate(bytes.size() * 4);
    if (begin == nullptr) return Row::failed;
    char* to = begin;
    for (char c : bytes) {
        if (c >= 32 && c <= 126 && c != '\\' && c != '\'' && c != '"') {
            *to++ = c;
            continue;
        }
        for (char code : {'\\', 'x', kDigits[static_cast<uint8_t>(c) >> 4], kDigits[c & 15]})
            *to++ = code;
    }
    out = {begin, static_cast<size_t>(to - begin)};
    arena.shrink_last(bytes.size() * 4 - out.size());
    return Row::value;
}

template <auto f>
void convert_texts(const Call& call) {
    map_rows<std::string_view, std::string_view>(
        call, [&](std::string_view in, std::string_view& out) { return f(call.texts, in, out); });
}

}  // namespace

Kernel cast_from_text(const frame::Type& to) {
    using frame::TypeId;
    if (to.id == TypeId::date) return parse_rows<int32_t, parse_date>;
    if (to.id == TypeId::time) return parse_rows<int64_t, parse_time>;
    if (to.id == TypeId::timestamp) return parse_rows<int64_t, parse_timestamp>;
    if (to.id == TypeId::blob) return convert_texts<text_to_blob>;
    if (to.id == TypeId::timestamptz) return parse_rows<int64_t, parse_timestamptz>;
    if (storage_of(to) == Storage::interval) return parse_rows<Interval, parse_interval>;
    return with_storage(storage_of(to), [&]<class T>(Tag<T>) -> Kernel {
        if constexpr (std::is_same_v<T, bool>) return parse_rows<bool, parse_boolean>;
        if constexpr (kIsFloat<T>) return parse_rows<T, parse_float<T>>;
        if constexpr (kIsInteger<T>)
            return to.id == TypeId::decimal ? parse_decimals<T> : parse_rows<T, parse_integer<T>>;
        return nullptr;
    });
}

Kernel cast_to_text(const frame::Type& from) {
    using frame::TypeId;
    if (from.id == TypeId::date) return format_times<int32_t, format_date>;
    if (from.id == TypeId::time) return format_times<int64_t, format_time>;
    if (from.id == TypeId::timestamp) return format_times<int64_t, format_timestamp>;
    if (from.id == TypeId::blob) return convert_texts<blob_to_text>;
    if (from.id == TypeId::timestamptz) return format_times<int64_t, format_timestamptz>;
    if (storage_of(from) == Storage::interval) return format_times<Interval, format_interval>;
    return with_storage(storage_of(from), [&]<class T>(Tag<T>) -> Kernel {
        if constexpr (std::is_same_v<T, bool>) return format_booleans;
        if constexpr (kIsInteger<T>)
            return from.id == TypeId::decimal ? format_decimals<T> : format_numbers<T>;
        if constexpr (kIsFloat<T>) return format_numbers<T>;
        return nullptr;
    });
}

}  // namespace quern::score
