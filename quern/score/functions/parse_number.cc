#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"

namespace quern::score {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

std::string_view skip_spaces(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    return text;
}

bool is_all_spaces(std::string_view text) { return skip_spaces(text).empty(); }

// The text of a number, apart: [sign] digits [. digits] [e exponent]. An underscore may stand
// between two digits.
struct Digits {
    bool is_negative = false;
    std::string_view whole, fraction;  // may hold underscores
    bool has_exponent = false;
    int exponent = 0;
};

// Reads digits from the front; false when an underscore stands wrong.
bool take_digits(std::string_view& text, std::string_view& digits) {
    size_t end = 0;
    while (end < text.size() && is_digit(text[end])) {
        ++end;
        if (end < text.size() && text[end] == '_') {
            ++end;
            if (end == text.size() || !is_digit(text[end])) return false;
        }
    }
    digits = text.substr(0, end);
    text.remove_prefix(end);
    return true;
}

bool take_exponent(std::string_view text, int& exponent) {
    if (text.empty()) return false;
    bool is_negative = text.front() == '-';
    if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
    std::string_view digits;
    if (!take_digits(text, digits) || digits.empty() || !is_all_spaces(text)) return false;
    int64_t value = 0;
    for (char c : digits) {
        if (c == '_') continue;
        value = value * 10 + (c - '0');
        if (value > 32767 + is_negative) return false;
    }
    exponent = static_cast<int>(is_negative ? -value : value);
    return true;
}

bool split_number(std::string_view text, Digits& out) {
    if (text.empty()) return false;
    out.is_negative = text.front() == '-';
    if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
    if (!take_digits(text, out.whole)) return false;
    bool has_point = !text.empty() && text.front() == '.';
    if (has_point) {
        text.remove_prefix(1);
        if (!take_digits(text, out.fraction)) return false;
        if (out.whole.empty() && out.fraction.empty()) return false;
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        if (out.whole.empty() && !has_point) return false;
        out.has_exponent = true;
        return take_exponent(text.substr(1), out.exponent);
    }
    if (!is_all_spaces(text)) return false;
    return !out.whole.empty() || has_point;
}

// 0x1F and 0b11.
template <class T>
bool parse_base(std::string_view text, int base, T& out) {
    out = 0;
    bool was_digit = false;
    for (size_t i = 0; i < text.size(); ++i) {
        char c = static_cast<char>(text[i] | 0x20);
        if (text[i] == '_' && was_digit && i + 1 < text.size()) {
            was_digit = false;
            continue;
        }
        int digit = is_digit(text[i]) ? text[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
        if (digit >= base) return false;
        if (__builtin_mul_overflow(out, static_cast<T>(base), &out)) return false;
        if (__builtin_add_overflow(out, static_cast<T>(digit), &out)) return false;
        was_digit = true;
    }
    return was_digit;
}

template <class Store>
bool add_digits(std::string_view digits, bool is_negative, Store& value) {
    for (char c : digits) {
        if (c == '_') continue;
        auto digit = static_cast<Store>(c - '0');
        if (__builtin_mul_overflow(value, Store{10}, &value)) return false;
        if (is_negative ? __builtin_sub_overflow(value, digit, &value)
                        : __builtin_add_overflow(value, digit, &value))
            return false;
    }
    return true;
}

// Moves the decimal point by the exponent: digits of the fraction become whole or the reverse.
// Only the first digit after the point matters, for rounding.
template <class Store>
bool apply_exponent(const Digits& digits, Store& value, int& rounding_digit) {
    std::string fraction;
    for (char c : digits.fraction)
        if (c != '_') fraction += c;
    rounding_digit = fraction.empty() ? 0 : fraction[0] - '0';
    if (!digits.has_exponent) return true;
    int exponent = digits.exponent;
    if (exponent < 0) {
        for (; exponent < 0; ++exponent) {
            rounding_digit = std::abs(static_cast<int>(value % 10));
            value /= 10;
            if (value == 0 && rounding_digit == 0) break;
        }
        return true;
    }
    for (int i = 0; i < exponent; ++i) {
        bool has_digit = static_cast<size_t>(i) < fraction.size();
        if (value == 0 && !has_digit) break;
        if (!add_digits(has_digit ? std::string_view(&fraction[i], 1) : "0", digits.is_negative,
                        value))
            return false;
    }
    size_t at = static_cast<size_t>(exponent);
    rounding_digit = at < fraction.size() ? fraction[at] - '0' : 0;
    return true;
}

// A decimal as DuckDB puts it together. It counts digits before it looks at the exponent, so
// '1000e-3' is no DECIMAL(4,1), and keeps no more digits than the storage could hold.
struct DecimalDigits {
    int width, scale;
    int128 value = 0;
    int whole_count = 0, fraction_count = 0;
    bool is_rounding_known = false, is_rounded_up = false;

    int digits_max() const { return width <= 4 ? 4 : width <= 9 ? 9 : width <= 18 ? 18 : 38; }

    bool add_whole(int digit) {
        if (value == 0 && digit == 0) return true;
        if (whole_count == width - scale) return false;
        ++whole_count;
        value = value * 10 + digit;
        return true;
    }

    void add_fraction(int digit) {
        if (fraction_count == scale && !is_rounding_known) {
            is_rounding_known = true;
            is_rounded_up = digit >= 5;
        }
        if (whole_count + fraction_count >= digits_max()) return;
        ++fraction_count;
        value = value * 10 + digit;
    }

    // Drops digits from the end; says whether the last one dropped rounds up. For an exponent
    // DuckDB stops when nothing is left, so that '5e-10' rounds up too.
    bool drop(int count, bool is_exponent) {
        int last = 0;
        for (int i = 0; i < count; ++i) {
            last = static_cast<int>(value % 10);
            value /= 10;
            if (value == 0 && is_exponent) break;
        }
        return last >= 5;
    }

    // Brings the fraction to `scale` digits; the value must then fit the width.
    bool settle(int excess, int exponent) {
        if (excess > 0) {
            bool is_up = drop(excess, false);
            fraction_count = scale;
            if (exponent > 0 && is_up) ++value;
        }
        if (exponent == 0 && is_rounded_up) ++value;
        for (; fraction_count < scale; ++fraction_count) value *= 10;
        return value < power_of_ten(width);
    }

    bool finish(int exponent) {
        int excess = std::max(fraction_count - scale, 0);
        if (exponent <= 0) {
            if (!settle(excess, exponent)) return false;
            if (drop(-exponent, true)) ++value;
            return true;
        }
        if (!settle(std::max(excess - exponent, 0), exponent)) return false;
        for (int i = std::min(excess, exponent); i < exponent && value != 0; ++i)
            if (!add_whole(0)) return false;
        return true;
    }
};

std::string without_underscores(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        bool is_between = text[i] == '_' && i > 0 && i + 1 < text.size() && is_digit(text[i - 1]) &&
                          is_digit(text[i + 1]);
        if (!is_between) out += text[i];
    }
    return out;
}

}  // namespace

template <class T>
bool parse_integer(std::string_view text, T& out) {
    constexpr bool is_signed = number_min<T>() < 0;
    using Store = std::conditional_t<sizeof(T) == 16, int128,
                                     std::conditional_t<std::is_same_v<T, uint64_t>, T, int64_t>>;
    text = skip_spaces(text);
    constexpr bool has_bases = sizeof(T) < 16;  // DuckDB reads no 128 bits of these
    if (has_bases && text.size() > 1 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        Store wide = 0;
        return parse_base(text.substr(2), 16, wide) && convert_number(wide, out);
    }
    if (has_bases && text.size() > 1 && text[0] == '0' && (text[1] | 0x20) == 'b') {
        Store wide = 0;
        return parse_base(text.substr(2), 2, wide) && convert_number(wide, out);
    }
    if (!is_signed && !text.empty() && text[0] == '-' &&
        text.find_first_not_of('0', 1) != std::string_view::npos)
        return false;
    Digits digits;
    Store value = 0;
    int rounding_digit = 0;
    if (!split_number(text, digits)) return false;
    if (!add_digits(digits.whole, digits.is_negative, value)) return false;
    if (!apply_exponent(digits, value, rounding_digit)) return false;
    if (!convert_number(value, out)) return false;
    if (rounding_digit < 5) return true;
    return digits.is_negative ? !__builtin_sub_overflow(out, T{1}, &out)
                              : !__builtin_add_overflow(out, T{1}, &out);
}

template bool parse_integer(std::string_view, int8_t&);
template bool parse_integer(std::string_view, int16_t&);
template bool parse_integer(std::string_view, int32_t&);
template bool parse_integer(std::string_view, int64_t&);
template bool parse_integer(std::string_view, uint8_t&);
template bool parse_integer(std::string_view, uint16_t&);
template bool parse_integer(std::string_view, uint32_t&);
template bool parse_integer(std::string_view, uint64_t&);
template bool parse_integer(std::string_view, int128&);

template <class T>
bool parse_float(std::string_view text, T& out) {
    text = skip_spaces(text);
    if (text.empty()) return false;
    if (text.front() == '+') text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (text.empty() || is_space(text.front())) return false;
    std::string clean;
    if (text.find('_') != std::string_view::npos) {
        clean = without_underscores(text);
        text = clean;
    }
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end != text.data() + text.size()) return false;
    if (error == std::errc::result_out_of_range) {
        // Too large becomes infinite and too small becomes zero.
        clean = text;
        out = sizeof(T) == 4 ? static_cast<T>(std::strtof(clean.c_str(), nullptr))
                             : static_cast<T>(std::strtod(clean.c_str(), nullptr));
        return true;
    }
    return error == std::errc();
}

template bool parse_float(std::string_view, float&);
template bool parse_float(std::string_view, double&);

bool parse_boolean(std::string_view text, bool& out) {
    char lower[6] = {};
    if (text.size() > 5) return false;
    for (size_t i = 0; i < text.size(); ++i)
        lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    std::string_view word(lower, text.size());
    out = word == "t" || word == "true" || word == "1" || word == "y" || word == "yes";
    return out || word == "f" || word == "false" || word == "0" || word == "n" || word == "no";
}

bool parse_decimal(std::string_view text, int width, int scale, int128& out) {
    Digits digits;
    if (!split_number(skip_spaces(text), digits)) return false;
    DecimalDigits number{width, scale};
    for (char c : digits.whole)
        if (c != '_' && !number.add_whole(c - '0')) return false;
    for (char c : digits.fraction)
        if (c != '_') number.add_fraction(c - '0');
    if (!number.finish(digits.exponent)) return false;
    out = digits.is_negative ? -number.value : number.value;
    return true;
}

}  // namespace quern::score
