// Numbers from one type to another, with the ranges and rounding of DuckDB's casts.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "quern/score/storage.h"

namespace quern::score {

template <class T>
constexpr T number_min() {
    if constexpr (std::is_same_v<T, int128>)
        return static_cast<int128>(1) << 127;
    else
        return std::numeric_limits<T>::min();
}
template <class T>
constexpr T number_max() {
    if constexpr (std::is_same_v<T, int128>)
        return ~number_min<int128>();
    else
        return std::numeric_limits<T>::max();
}

constexpr int128 power_of_ten(int exponent) {  // 0 to 38
    int128 power = 1;
    for (int i = 0; i < exponent; ++i) power *= 10;
    return power;
}

template <class From, class To>
bool integer_to_integer(From value, To& out) {
    // 128 bits hold every value of every type.
    auto wide = static_cast<int128>(value);
    if (wide < static_cast<int128>(number_min<To>()) ||
        wide > static_cast<int128>(number_max<To>()))
        return false;
    out = static_cast<To>(value);
    return true;
}

template <class From, class To>
bool float_to_integer(From value, To& out) {
    if (!std::isfinite(value)) return false;
    if constexpr (sizeof(To) == 16) {
        From rounded = std::nearbyint(value);
        if (!(std::fabs(rounded) < From(1.7014118346046923e38))) return false;
        out = static_cast<To>(rounded);
    } else {
        // DuckDB checks the range before it rounds, so 127.5 wraps around in 8 bits.
        From low = static_cast<From>(number_min<To>());
        From past = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        if (!(value >= low && value < past)) return false;
        From rounded = std::nearbyint(value);
        if constexpr (sizeof(To) <= 4) {
            out = static_cast<To>(static_cast<int64_t>(rounded));
        } else if constexpr (std::is_signed_v<To>) {
            out = rounded < past ? static_cast<To>(rounded) : number_min<To>();
        } else {
            out = rounded < past ? static_cast<To>(rounded) : To{0};
        }
    }
    return true;
}

template <class From, class To>
bool convert_number(From value, To& out) {
    if constexpr (std::is_same_v<From, To>) {
        out = value;
        return true;
    } else if constexpr (std::is_same_v<To, bool>) {
        out = value != 0;
        return true;
    } else if constexpr (std::is_same_v<From, bool>) {
        out = static_cast<To>(value ? 1 : 0);
        return true;
    } else if constexpr (kIsFloat<To>) {
        out = static_cast<To>(value);
        if constexpr (kIsFloat<From> && sizeof(To) < sizeof(From)) {
            // A finite double that no float can hold.
            if (std::isfinite(value) && !std::isfinite(out)) return false;
        }
        return true;
    } else if constexpr (kIsFloat<From>) {
        return float_to_integer(value, out);
    } else {
        return integer_to_integer(value, out);
    }
}

}  // namespace quern::score
