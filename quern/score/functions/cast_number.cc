// Casts among booleans, integers and floats, and between these and decimals.
#include "quern/score/functions/cast.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

template <class From, class To>
void cast_number(const Call& call) {
    map_rows<To, From>(call, [](From value, To& out) {
        return convert_number(value, out) ? Row::value : Row::failed;
    });
}

template <class T>
constexpr bool kIsNumber = kIsInteger<T> || kIsFloat<T> || std::is_same_v<T, bool>;
template <class T>  // what a decimal is stored in
constexpr bool kHoldsDecimal = std::is_same_v<T, int16_t> || std::is_same_v<T, int32_t> ||
                               std::is_same_v<T, int64_t> || std::is_same_v<T, int128>;

template <class From, class To>
void to_decimal(const Call& call) {
    const int128 scale = power_of_ten(call.result.scale), limit = power_of_ten(call.result.width);
    const double factor = static_cast<double>(scale), bound = static_cast<double>(limit);
    map_rows<To, From>(call, [=](From value, To& out) {
        if constexpr (std::is_same_v<From, bool>) {
            if (limit == scale) {
                out = static_cast<To>(value ? 1 : 0);
                return Row::value;
            }
        }
        if constexpr (kIsFloat<From>) {
            // A float is rounded as a double, and then becomes a float again, as in DuckDB.
            const double scaled = std::round(static_cast<double>(value) * factor);
            if (!std::isfinite(scaled) || scaled <= -bound || scaled >= bound) return Row::failed;
            out = static_cast<To>(static_cast<From>(scaled));
        } else {
            int128 wide = 0;
            if (__builtin_mul_overflow(static_cast<int128>(value), scale, &wide))
                return Row::failed;
            if (wide >= limit || wide <= -limit) return Row::failed;
            out = static_cast<To>(wide);
        }
        return Row::value;
    });
}

template <class From, class To>
Row decimal_to_float(From value, int128 power, int scale, To& out) {
    constexpr int128 kExact = int128{1} << (sizeof(To) == 8 ? 53 : 24);
    double divisor = static_cast<double>(power);
    bool is_exact = static_cast<int128>(value) <= kExact && static_cast<int128>(value) >= -kExact;
    if (scale == 0 || is_exact) {
        out = static_cast<To>(static_cast<To>(value) / static_cast<To>(divisor));
    } else {
        auto wide = static_cast<int128>(value);
        out = static_cast<To>(wide / power) +
              static_cast<To>(static_cast<To>(wide % power) / static_cast<To>(divisor));
    }
    return Row::value;
}

template <class From, class To>
void from_decimal(const Call& call) {
    const int scale = call.types[0].scale;
    const int128 power = power_of_ten(scale);
    map_rows<To, From>(call, [=](From value, To& out) {
        if constexpr (std::is_same_v<To, bool>) {
            out = value != 0;
            return Row::value;
        } else if constexpr (kIsFloat<To>) {
            return decimal_to_float<From, To>(value, power, scale, out);
        } else {
            int128 half = value < 0 ? -(power / 2) : power / 2;
            int128 rounded = (static_cast<int128>(value) + half) / power;
            return convert_number(rounded, out) ? Row::value : Row::failed;
        }
    });
}

// To more digits after the point, or to fewer with rounding half away from zero.
template <class From, class To>
void between_decimals(const Call& call) {
    const int up = call.result.scale - call.types[0].scale;
    const int128 power = power_of_ten(up < 0 ? -up : up), limit = power_of_ten(call.result.width);
    map_rows<To, From>(call, [=](From value, To& out) {
        auto wide = static_cast<int128>(value);
        if (up >= 0) {
            if (__builtin_mul_overflow(wide, power, &wide)) return Row::failed;
        } else {
            wide /= power / 2;
            wide = (wide < 0 ? wide - 1 : wide + 1) / 2;
        }
        if (wide >= limit || wide <= -limit) return Row::failed;
        out = static_cast<To>(wide);
        return Row::value;
    });
}

template <class F>
Kernel by_two(const frame::Type& from, const frame::Type& to, F choose) {
    return with_storage(storage_of(from), [&](auto from_tag) {
        return with_storage(storage_of(to),
                            [&](auto to_tag) -> Kernel { return choose(from_tag, to_tag); });
    });
}

}  // namespace

Kernel cast_between_numbers(const frame::Type& from, const frame::Type& to) {
    return by_two(from, to, []<class From, class To>(Tag<From>, Tag<To>) -> Kernel {
        if constexpr (kIsNumber<From> && kIsNumber<To>) return cast_number<From, To>;
        return nullptr;
    });
}

Kernel cast_with_decimal(const frame::Type& from, const frame::Type& to) {
    bool is_from = from.id == frame::TypeId::decimal, is_to = to.id == frame::TypeId::decimal;
    return by_two(from, to, [=]<class From, class To>(Tag<From>, Tag<To>) -> Kernel {
        if constexpr (kHoldsDecimal<From> && kHoldsDecimal<To>)
            if (is_from && is_to) return between_decimals<From, To>;
        if constexpr (kHoldsDecimal<From> && kIsNumber<To>)
            if (is_from && !is_to) return from_decimal<From, To>;
        if constexpr (kIsNumber<From> && kHoldsDecimal<To>)
            if (is_to && !is_from) return to_decimal<From, To>;
        return nullptr;
    });
}

}  // namespace quern::score
