// JSON values as values of SQL's types, as DuckDB's casts from JSON convert them.
#pragma once

#include "quern/score/functions/json.h"
#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"

namespace quern::score {

// Inside of JSON, a text of a whole number has digits alone, and no + stands before a number.
template <class T>
bool parse_strictly(std::string_view text, T& out) {
    constexpr std::string_view kSpaces = " \t\n\v\f\r";
    size_t start = text.find_first_not_of(kSpaces);
    if (start == std::string_view::npos || text[start] == '+') return false;
    if constexpr (kIsInteger<T>) {
        bool is_hex = text.substr(start).starts_with("0x") || text.substr(start).starts_with("0X");
        if (!is_hex && text.find_first_of("._eE") != std::string_view::npos) return false;
        return parse_integer(text, out);
    } else {
        if (kSpaces.find(text.back()) != std::string_view::npos) return false;
        return text.find('_') == std::string_view::npos && parse_float(text, out);
    }
}

// Numbers and booleans, also out of strings.
template <class T>
bool number_from(const JsonValue& value, T& out) {
    uint64_t whole = 0;
    int64_t negative = 0;
    double real = 0;
    std::string text(value.text);
    switch (value.kind) {
        case JsonKind::boolean:
            out = static_cast<T>(value.text == "true");
            return true;
        case JsonKind::uint64:
            return parse_integer(value.text, whole) && convert_number(whole, out);
        case JsonKind::int64:
            return parse_integer(value.text, negative) && convert_number(negative, out);
        case JsonKind::float64:
            return parse_float(value.text, real) && convert_number(real, out);
        case JsonKind::raw:
        case JsonKind::string:
            if (value.kind == JsonKind::string) {
                text.clear();
                append_unquoted(text, value);
            }
            if constexpr (std::is_same_v<T, bool>)
                return parse_boolean(text, out);
            else
                return parse_strictly(text, out);
        default:
            return false;
    }
}

// Dates and the like come as strings.
template <class T, bool (*parse)(std::string_view, T&)>
bool moment_from(const JsonValue& value, T& out) {
    std::string text;
    if (value.kind != JsonKind::string) return false;
    append_unquoted(text, value);
    return parse(text, out);
}

}  // namespace quern::score
