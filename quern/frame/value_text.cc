#include "quern/frame/value_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

namespace quern::frame {
namespace {

__extension__ using uint128 = unsigned __int128;

constexpr int64_t kUsPerSecond = 1'000'000;
constexpr int64_t kUsPerDay = 86'400 * kUsPerSecond;

template <class T>
std::string shortest_text(T value) {
    if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    char text[64];
    const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
    const std::string scientific(text, end.ptr);
    const size_t mark = scientific.find('e');
    const int exponent = std::stoi(scientific.substr(mark + 1));
    // Where fmt, and so DuckDB, changes over.
    if (exponent < -4 || exponent >= 16) return scientific;
    // By the shortest digits, as a float of 3574524805120 is written 3574524800000.0.
    const bool is_negative = scientific[0] == '-';
    std::string digits;
    for (const char c : scientific.substr(0, mark)) {
        if (c >= '0' && c <= '9') digits += c;
    }
    if (exponent < 0) digits.insert(0, static_cast<size_t>(-exponent), '0');
    const size_t whole = exponent < 0 ? 1 : static_cast<size_t>(exponent) + 1;
    if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
    digits.insert(whole, ".");
    return is_negative ? "-" + digits : digits;
}

template <class T>
T at(const ColumnView& column, size_t row) {
    return column.values<T>()[row];
}

int128 decimal_at(const ColumnView& column, size_t row) {
    switch (value_size_bytes(column.type)) {
        case 2:
            return at<int16_t>(column, row);
        case 4:
            return at<int32_t>(column, row);
        case 8:
            return at<int64_t>(column, row);
        default:
            return at<int128>(column, row);
    }
}

}  // namespace

namespace {

// The digits of the shortest text of a number, without point and exponent.
class ShortestDigits {
public:
    template <class T>
    explicit ShortestDigits(T value) {
        char text[64];
        const auto end = std::to_chars(text, text + sizeof(text), std::fabs(value),
                                       std::chars_format::scientific);
        for (const char* c = text; c != end.ptr && *c != 'e'; ++c) {
            if (*c != '.') digits_[size_++] = *c;
        }
    }
    std::string_view text() const { return {digits_, size_}; }

private:
    char digits_[64];
    size_t size_ = 0;
};

}  // namespace

bool is_tie(float value) {
    if (!std::isfinite(value) || value == 0) return false;
    const auto exact = static_cast<double>(value);
    const ShortestDigits digits(value), all(exact);
    // Two shortest texts are equally near.
    if (all.text().size() == digits.text().size() + 1 && all.text().back() == '5') return true;
    // A text that is as short or shorter is equally near to two floats; their middle is a double.
    for (const float toward :
         {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()}) {
        const double middle = exact + (std::nextafter(value, toward) - exact) / 2;
        if (!std::isfinite(middle)) continue;
        const ShortestDigits other(middle);
        if (other.text().size() < digits.text().size() || other.text() == digits.text())
            return true;
    }
    return false;
}

std::string integer_text(int128 value) {
    const bool is_negative = value < 0;
    auto rest = static_cast<uint128>(value);
    if (is_negative) rest = -rest;
    std::string text;
    do text += static_cast<char>('0' + static_cast<int>(rest % 10));
    while ((rest /= 10) != 0);
    if (is_negative) text += '-';
    std::ranges::reverse(text);
    return text;
}

std::string decimal_text(int128 value, int scale) {
    if (scale == 0) return integer_text(value);
    std::string digits = integer_text(value < 0 ? -value : value);
    const auto wanted = static_cast<size_t>(scale) + 1;
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    digits.insert(digits.size() - static_cast<size_t>(scale), ".");
    return value < 0 ? "-" + digits : digits;
}

std::string decimal_text(int128 value, const Type& type) {
    std::string text = decimal_text(value, type.scale);
    const size_t zero = text.starts_with('-') ? 1 : 0;
    if (type.width == type.scale && type.scale > 0 && text[zero] == '0') text.erase(zero, 1);
    return text;
}

std::string float_text(double value) { return shortest_text(value); }
std::string float_text(float value) {
    return is_tie(value) ? shortest_text(static_cast<double>(value)) : shortest_text(value);
}

std::string date_text(int32_t days) {
    if (days == std::numeric_limits<int32_t>::max()) return "infinity";
    if (days == -std::numeric_limits<int32_t>::max()) return "-infinity";
    // The civil calendar by eras of 400 years, which reaches further than std::chrono's years.
    const int64_t shifted = int64_t{days} + 719'468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const int64_t day_of_era = shifted - era * 146'097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_index = (5 * day_of_year + 2) / 153;
    const int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
    const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    char text[48];
    std::snprintf(text, sizeof(text), "%04lld-%02lld-%02lld%s",
                  static_cast<long long>(year > 0 ? year : 1 - year), static_cast<long long>(month),
                  static_cast<long long>(day), year > 0 ? "" : " (BC)");
    return text;
}

std::string time_text(int64_t us) {
    const int64_t seconds = us / kUsPerSecond;
    char text[64];
    std::snprintf(text, sizeof(text), "%02lld:%02lld:%02lld",
                  static_cast<long long>(seconds / 3'600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
    std::string whole = text;
    const int64_t fraction = us % kUsPerSecond;
    if (fraction == 0) return whole;
    std::snprintf(text, sizeof(text), ".%06lld", static_cast<long long>(fraction));
    whole += text;
    return whole.substr(0, whole.find_last_not_of('0') + 1);
}

std::string timestamp_text(int64_t us) {
    if (us == std::numeric_limits<int64_t>::max()) return "infinity";
    if (us == -std::numeric_limits<int64_t>::max()) return "-infinity";
    int64_t days = us / kUsPerDay, time = us % kUsPerDay;  // midnight may be out of range
    if (time < 0) {
        --days;
        time += kUsPerDay;
    }
    return date_text(static_cast<int32_t>(days)) + " " + time_text(time);
}

std::string timestamptz_text(int64_t us) {
    const std::string text = timestamp_text(us);
    return text.ends_with("infinity") ? text : text + "+00";
}

std::string blob_text(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_plain = byte >= 32 && byte <= 126 && c != '\\' && c != '\'' && c != '"';
        if (is_plain) {
            text += c;
        } else {
            text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return text;
}

std::string present_text(const ColumnView& column, size_t row) {
    switch (column.type.id) {
        case TypeId::boolean:
            return at<uint8_t>(column, row) != 0 ? "true" : "false";
        case TypeId::tinyint:
            return integer_text(at<int8_t>(column, row));
        case TypeId::smallint:
            return integer_text(at<int16_t>(column, row));
        case TypeId::integer:
            return integer_text(at<int32_t>(column, row));
        case TypeId::bigint:
            return integer_text(at<int64_t>(column, row));
        case TypeId::utinyint:
            return integer_text(at<uint8_t>(column, row));
        case TypeId::usmallint:
            return integer_text(at<uint16_t>(column, row));
        case TypeId::uinteger:
            return integer_text(at<uint32_t>(column, row));
        case TypeId::ubigint:
            return integer_text(at<uint64_t>(column, row));
        case TypeId::hugeint:
            return integer_text(at<int128>(column, row));
        case TypeId::real:
            return float_text(at<float>(column, row));
        case TypeId::float64:
            return float_text(at<double>(column, row));
        case TypeId::decimal:
            return decimal_text(decimal_at(column, row), column.type);
        case TypeId::date:
            return date_text(at<int32_t>(column, row));
        case TypeId::time:
            return time_text(at<int64_t>(column, row));
        case TypeId::timestamp:
            return timestamp_text(at<int64_t>(column, row));
        case TypeId::timestamptz:
            return timestamptz_text(at<int64_t>(column, row));
        case TypeId::blob:
            return blob_text(at<std::string_view>(column, row));
        default:
            return std::string(at<std::string_view>(column, row));
    }
}

}  // namespace quern::frame
