#include "quern/score/functions/format.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "quern/frame/value_text.h"
#include "quern/score/functions/calendar.h"
#include "quern/score/functions/number.h"

namespace quern::score {
namespace {

// Writes the digits before `end`, at least `width` of them; returns where they begin.
char* write_digits(uint128 value, int width, char* end) {
    for (; value != 0 || width > 0; --width, value /= 10)
        *--end = static_cast<char>('0' + static_cast<int>(value % 10));
    return end;
}

uint128 magnitude(int128 value) {
    return value < 0 ? ~static_cast<uint128>(value) + 1 : static_cast<uint128>(value);
}

std::string_view copy(std::string_view text, char* out) {
    text.copy(out, text.size());
    return {out, text.size()};
}

// "-1.25" times ten to the exponent without an exponent: zeros fill what the digits leave.
std::string_view plain_text(std::string_view digits, int exponent, char* out) {
    size_t size = 0;
    if (digits.front() == '-') out[size++] = '-';
    if (exponent < 0) {
        size += std::string_view("0.").copy(out + size, 2);
        for (int i = -1; i > exponent; --i) out[size++] = '0';
    }
    int whole = exponent + 1;  // digits that stand before the point
    for (char c : digits) {
        if (c == '-' || c == '.') continue;
        if (exponent >= 0 && whole-- == 0) out[size++] = '.';
        out[size++] = c;
    }
    if (exponent < 0 || whole < 0) return {out, size};
    for (; whole > 0; --whole) out[size++] = '0';
    size += std::string_view(".0").copy(out + size, 2);
    return {out, size};
}

// Shortest digits that read back as the same number, then 1e-05 < 0.0001 ... < 1e+16.
template <class T>
std::string_view format_shortest(T value, char* out) {
    if (std::isnan(value)) return copy(std::signbit(value) ? "-nan" : "nan", out);
    if (std::isinf(value)) return copy(value < 0 ? "-inf" : "inf", out);
    char digits[kValueTextMax];
    auto end = std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::scientific);
    std::string_view text(digits, static_cast<size_t>(end.ptr - digits));
    size_t e = text.find('e');
    int exponent = 0;
    std::string_view exponent_text = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
    std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
    if (exponent < -4 || exponent >= 16) return copy(text, out);
    return plain_text(text.substr(0, e), exponent, out);
}

// 07:08:09.25, with as many digits of hours as there are.
std::string_view format_clock(uint64_t micros, char* out) {
    char text[kValueTextMax], *end = text + sizeof(text), *start = end;
    uint64_t fraction = micros % kMicrosPerSecond;
    if (fraction != 0) {
        start = write_digits(fraction, 6, start);
        while (end[-1] == '0') --end;
        *--start = '.';
    }
    start = write_digits(micros / kMicrosPerSecond % 60, 2, start);
    *--start = ':';
    start = write_digits(micros / kMicrosPerMinute % 60, 2, start);
    *--start = ':';
    start = write_digits(micros / kMicrosPerHour, 2, start);
    return copy({start, static_cast<size_t>(end - start)}, out);
}

}  // namespace

std::string_view format_integer(int128 value, char* out) {
    char digits[kValueTextMax], *end = digits + sizeof(digits);
    char* start = write_digits(magnitude(value), 1, end);
    if (value < 0) *--start = '-';
    return copy({start, static_cast<size_t>(end - start)}, out);
}

std::string_view format_decimal(int128 value, int width, int scale, char* out) {
    if (scale == 0) return format_integer(value, out);
    char digits[kValueTextMax], *end = digits + sizeof(digits);
    auto power = static_cast<uint128>(power_of_ten(scale));
    uint128 whole = magnitude(value) / power, fraction = magnitude(value) % power;
    char* start = write_digits(fraction, scale, end);
    *--start = '.';
    if (width > scale) start = write_digits(whole, 1, start);
    if (value < 0) *--start = '-';
    return copy({start, static_cast<size_t>(end - start)}, out);
}

std::string_view format_float(double value, char* out) { return format_shortest(value, out); }
std::string_view format_float(float value, char* out) {
    if (frame::is_tie(value)) return format_shortest(static_cast<double>(value), out);
    return format_shortest(value, out);
}

std::string_view format_date(int32_t days, char* out) {
    if (!is_finite_date(days)) return copy(days > 0 ? "infinity" : "-infinity", out);
    Civil civil = civil_of_days(days);
    bool is_bc = civil.year <= 0;
    char text[kValueTextMax], *end = text + sizeof(text);
    char* start = end;
    if (is_bc) std::memcpy(start -= 5, " (BC)", 5);
    start = write_digits(static_cast<uint128>(civil.day), 2, start);
    *--start = '-';
    start = write_digits(static_cast<uint128>(civil.month), 2, start);
    *--start = '-';
    start = write_digits(static_cast<uint128>(is_bc ? 1 - civil.year : civil.year), 4, start);
    return copy({start, static_cast<size_t>(end - start)}, out);
}

std::string_view format_time(int64_t micros, char* out) {
    return format_clock(static_cast<uint64_t>(micros), out);
}

std::string_view format_timestamp(int64_t micros, char* out) {
    if (!is_finite_timestamp(micros)) return copy(micros > 0 ? "infinity" : "-infinity", out);
    size_t size = format_date(days_of_timestamp(micros), out).size();
    out[size++] = ' ';
    return {out, size + format_time(time_of_timestamp(micros), out + size).size()};
}

std::string_view format_timestamptz(int64_t micros, char* out) {
    size_t size = format_timestamp(micros, out).size();
    if (is_finite_timestamp(micros)) size += std::string_view("+00").copy(out + size, 3);
    return {out, size};
}

std::string_view format_interval(Interval interval, char* out) {
    size_t size = 0;
    auto part = [&](int64_t value, std::string_view unit) {
        if (value == 0) return;
        if (size > 0) out[size++] = ' ';
        size += format_integer(value, out + size).size();
        size += unit.copy(out + size, unit.size());
        if (value != 1 && value != -1) out[size++] = 's';
    };
    part(interval.months / 12, " year");
    part(interval.months % 12, " month");
    part(interval.days, " day");
    if (interval.micros == 0) return size > 0 ? std::string_view(out, size) : copy("00:00:00", out);
    if (size > 0) out[size++] = ' ';
    if (interval.micros < 0) out[size++] = '-';
    uint128 clock = magnitude(interval.micros);
    return {out, size + format_clock(static_cast<uint64_t>(clock), out + size).size()};
}

}  // namespace quern::score
