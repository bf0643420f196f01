// Functions of numbers.
#include <cmath>

#include "quern/score/functions/moment.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// A function of doubles that has a value everywhere.
template <double (*f)(double)>
Result<BoundFunction> bind_plain(const Signature& signature) {
    return bind_as<[](double x, double& out) { out = f(x); }, double, double>(signature);
}

template <double (*f)(double)>
Row logarithm(double x, double& out) {
    if (x <= 0) return Row::failed;
    out = f(x);
    return Row::value;
}

template <double (*f)(double)>
Result<BoundFunction> bind_logarithm(const Signature& signature) {
    return bind_as<logarithm<f>, double, double>(signature);
}

Row log_of_base(double base, double x, double& out) {
    if (base <= 0 || x <= 0) return Row::failed;
    double divisor = std::log10(base);
    if (divisor == 0) return Row::failed;
    out = std::log10(x) / divisor;
    return Row::value;
}

Result<BoundFunction> bind_log(const Signature& signature) {
    if (signature.arguments.size() == 2)
        return bind_as<log_of_base, double, double, double>(signature);
    return bind_logarithm<std::log10>(signature);
}

Row square_root(double x, double& out) {
    if (x < 0) return Row::failed;
    out = std::sqrt(x);
    return Row::value;
}

void power(double x, double y, double& out) { out = std::pow(x, y); }
Result<BoundFunction> bind_power(const Signature& signature) {
    return bind_as<power, double, double, double>(signature);
}

template <class T>
Row absolute(T value, T& out) {
    if constexpr (kIsFloat<T>) {
        out = std::fabs(value);
    } else if constexpr (number_min<T>() < 0) {
        if (value == number_min<T>()) return Row::failed;
        out = value < 0 ? static_cast<T>(-value) : value;
    } else {
        out = value;
    }
    return Row::value;
}

Result<BoundFunction> bind_abs(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !(types[0] == signature.result) || !frame::is_numeric(types[0]))
        return no_overload(signature);
    return BoundFunction{with_storage(storage_of(types[0]),
                                      []<class T>(Tag<T>) -> Kernel {
                                          if constexpr (kIsInteger<T> || kIsFloat<T>)
                                              return [](const Call& call) {
                                                  map_rows<T, T>(call, absolute<T>);
                                              };
                                          return nullptr;
                                      }),
                         nullptr};
}

template <class T>
void sign_of(T value, int8_t& out) {
    out = static_cast<int8_t>(value > 0 ? 1 : value < 0 ? -1 : 0);
    if constexpr (kIsFloat<T>)
        if (std::isnan(value)) out = 0;
}

Result<BoundFunction> bind_sign(const Signature& signature) {
    const auto& types = signature.arguments;
    bool fits = types.size() == 1 && frame::is_numeric(types[0]) &&
                types[0].id != TypeId::decimal && signature.result.id == TypeId::tinyint;
    if (!fits) return no_overload(signature);
    return BoundFunction{with_storage(storage_of(types[0]),
                                      []<class T>(Tag<T>) -> Kernel {
                                          if constexpr (kIsInteger<T> || kIsFloat<T>)
                                              return [](const Call& call) {
                                                  map_rows<int8_t, T>(call, sign_of<T>);
                                              };
                                          return nullptr;
                                      }),
                         nullptr};
}

enum class Whole : uint8_t { floor, ceil, round, trunc };

template <class T>
T whole_float(Whole how, T value) {
    switch (how) {
        case Whole::floor:
            return std::floor(value);
        case Whole::ceil:
            return std::ceil(value);
        case Whole::round:
            return std::round(value);
        case Whole::trunc:
            break;
    }
    return std::trunc(value);
}

// A decimal of scale s becomes one of scale 0, stored alike.
int128 whole_decimal(Whole how, int128 value, int128 power) {
    int128 whole = value / power, rest = value % power;
    switch (how) {
        case Whole::floor:
            return rest < 0 ? whole - 1 : whole;
        case Whole::ceil:
            return rest > 0 ? whole + 1 : whole;
        case Whole::round:
            return value < 0 ? (value - power / 2) / power : (value + power / 2) / power;
        case Whole::trunc:
            break;
    }
    return whole;
}

template <Whole how, class T>
void whole_decimals(const Call& call) {
    const int128 power = power_of_ten(call.types[0].scale);
    map_rows<T, T>(call, [power](T value, T& out) {
        out = static_cast<T>(whole_decimal(how, static_cast<int128>(value), power));
    });
}

template <Whole how>
Result<BoundFunction> bind_whole(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1) return no_overload(signature);
    if (fits<double, double>(signature))
        return bind_as<[](double x, double& out) { out = whole_float(how, x); }, double, double>(
            signature);
    if (fits<float, float>(signature))
        return bind_as<[](float x, float& out) { out = whole_float(how, x); }, float, float>(
            signature);
    bool is_decimal = types[0].id == TypeId::decimal && signature.result.id == TypeId::decimal &&
                      signature.result.scale == 0 &&
                      storage_of(types[0]) == storage_of(signature.result);
    bool is_integer = types[0] == signature.result &&
                      (frame::is_integer(types[0]) || types[0].id == TypeId::hugeint);
    if (!is_decimal && !is_integer) return no_overload(signature);
    return BoundFunction{with_storage(storage_of(types[0]),
                                      []<class T>(Tag<T>) -> Kernel {
                                          if constexpr (kIsInteger<T>)
                                              return whole_decimals<how, T>;
                                          return nullptr;
                                      }),
                         nullptr};
}

// 10^digits; pow gives the same for these, and takes longer.
template <class T>
double ten_to(int32_t digits) {
    constexpr double kPowers[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool is_known = digits > -23 && digits < 23;
    if (is_known) return kPowers[digits < 0 ? -digits : digits];
    return std::pow(10, digits < 0 ? -static_cast<T>(digits) : static_cast<T>(digits));
}

// To so many digits after the point, or before it when negative.
template <Whole how, class T>
void float_to_digits(T value, int32_t digits, T& out) {
    const double unit = ten_to<T>(digits);
    double rounded =
        digits < 0 ? whole_float(how, value / unit) * unit : whole_float(how, value * unit) / unit;
    if (!std::isfinite(rounded)) {
        const bool is_nothing_left = digits < 0 && how == Whole::round;
        rounded = is_nothing_left ? 0 : static_cast<double>(value);
    }
    out = static_cast<T>(rounded);
}

template <Whole how, class T>
void integer_to_digits(T value, int32_t digits, T& out) {
    using Wide = std::conditional_t<sizeof(T) == 16, int128, int64_t>;
    constexpr int kDigitsMax = sizeof(T) == 16 ? 38 : 18;
    out = value;
    if (digits >= 0) return;
    out = 0;
    if (digits < -kDigitsMax) return;
    const auto power = static_cast<Wide>(power_of_ten(-digits));
    if constexpr (how == Whole::trunc) {
        // What a narrow type cannot hold is more than its values.
        if (static_cast<int128>(power) > static_cast<int128>(number_max<T>())) return;
        out = static_cast<T>(value / static_cast<T>(power) * static_cast<T>(power));
    } else {
        // Wraps around, as in DuckDB.
        auto sum = static_cast<Wide>(value);
        const Wide half = value < 0 ? -(power / 2) : power / 2;
        static_cast<void>(__builtin_add_overflow(sum, half, &sum));
        out = static_cast<T>(sum / power * power);
    }
}

template <Whole how, class T>
void integers_to_digits(const Call& call) {
    map_rows<T, T, int32_t>(call, integer_to_digits<how, T>);
}

// No digit is left: 0 in every row, also where the decimal is NULL.
template <class T>
void drop_all(const Call& call) {
    combine_arguments(call);
    for (size_t w = 0; w < word_count(call.row_count); ++w)
        call.out.valid[w] = row_bits(w, call.row_count) & ~call.out.failed[w];
    std::fill_n(call.out.values<T>(), call.row_count, T{0});
}

// The binder gave the result the scale that is asked for; fewer than 0 digits stay at scale 0.
template <Whole how, class T>
void decimals_to_digits(const Call& call) {
    const int digits = static_cast<const int32_t*>(call.prepared)[0];
    const frame::Type& type = call.types[0];
    if (digits < 0 && digits <= type.scale - type.width) return drop_all<T>(call);
    const int drop = type.scale - digits;
    const int128 power = drop <= 0 ? 1 : power_of_ten(drop);
    const int128 back = digits < 0 ? power_of_ten(-digits) : 1;
    map_rows<T, T, int32_t>(call, [=](T value, int32_t, T& out) {
        out = static_cast<T>(whole_decimal(how, static_cast<int128>(value), power) * back);
    });
}

template <Whole how>
Result<BoundFunction> bind_to_digits(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() == 1) return bind_whole<how>(signature);
    if (types.size() != 2 || types[1].id != TypeId::integer) return no_overload(signature);
    if (fits<double, double, int32_t>(signature))
        return bind_as<float_to_digits<how, double>, double, double, int32_t>(signature);
    if (fits<float, float, int32_t>(signature))
        return bind_as<float_to_digits<how, float>, float, float, int32_t>(signature);
    bool is_integer = types[0] == signature.result &&
                      (frame::is_integer(types[0]) || types[0].id == TypeId::hugeint);
    bool is_decimal = types[0].id == TypeId::decimal && signature.result.id == TypeId::decimal &&
                      storage_of(types[0]) == storage_of(signature.result);
    const int32_t* digits = constant_value<int32_t>(signature, 1);
    if (is_decimal && digits != nullptr)
        is_decimal = signature.result.scale == std::clamp<int>(*digits, 0, types[0].scale);
    if (!is_integer && (!is_decimal || digits == nullptr)) return no_overload(signature);
    auto choose = [&]<class T>(Tag<T>) -> Kernel {
        if constexpr (kIsInteger<T>)
            return is_decimal ? decimals_to_digits<how, T> : integers_to_digits<how, T>;
        return nullptr;
    };
    BoundFunction bound = TRY(bind_by_storage(signature, types[0], choose));
    bound.prepared = std::make_shared<int32_t>(digits ? *digits : 0);
    return bound;
}

template <class Test, class T>
void test_rows(const Call& call) {
    map_rows<bool, T>(call, [](T value, bool& out) { out = Test::holds(value); });
}

struct IsNan {
    template <class T>
    static bool holds(T value) {
        return std::isnan(value);
    }
};
struct IsInfinite {
    template <class T>
    static bool holds(T value) {
        return std::isinf(value);
    }
};
struct IsFinite {
    template <class T>
    static bool holds(T value) {
        return std::isfinite(value);
    }
};

template <class Test>
Result<BoundFunction> bind_test(const Signature& signature) {
    if (fits<bool, double>(signature)) return BoundFunction{test_rows<Test, double>, nullptr};
    if (fits<bool, float>(signature)) return BoundFunction{test_rows<Test, float>, nullptr};
    return no_overload(signature);
}

// Dates and timestamps have infinities too.
template <class T, bool wants_finite>
void finite_rows(const Call& call) {
    map_rows<bool, T>(call,
                      [](T value, bool& out) { out = is_finite_moment(value) == wants_finite; });
}

template <class Test, bool wants_finite>
Result<BoundFunction> bind_finite(const Signature& signature) {
    TypeId id = signature.arguments.size() == 1 ? signature.arguments[0].id : TypeId::other;
    if (id == TypeId::date && fits<bool, int32_t>(signature))
        return BoundFunction{finite_rows<int32_t, wants_finite>, nullptr};
    bool is_timestamp = id == TypeId::timestamp || id == TypeId::timestamptz;
    if (is_timestamp && fits<bool, int64_t>(signature))
        return BoundFunction{finite_rows<int64_t, wants_finite>, nullptr};
    return bind_test<Test>(signature);
}

}  // namespace

QUERN_ROW_FUNCTION("abs", "The number without its sign.", "abs(-3) = 3", bind_abs);
QUERN_ROW_FUNCTION("@", "The same as abs.", "@(-3) = 3", bind_abs);
QUERN_ROW_FUNCTION("sign", "-1, 0 or 1.", "sign(-3) = -1", bind_sign);
QUERN_ROW_FUNCTION("floor", "The next whole number below.", "floor(-1.5) = -2",
                   bind_whole<Whole::floor>);
QUERN_ROW_FUNCTION("ceil", "The next whole number above.", "ceil(1.5) = 2",
                   bind_whole<Whole::ceil>);
QUERN_ROW_FUNCTION("ceiling", "The same as ceil.", "ceiling(1.5) = 2", bind_whole<Whole::ceil>);
QUERN_ROW_FUNCTION("trunc", "The number without its fraction, or with so many digits of it.",
                   "trunc(-1.57, 1) = -1.5", bind_to_digits<Whole::trunc>);
QUERN_ROW_FUNCTION("round", "Rounded to so many digits, halves away from zero.", "round(2.5) = 3",
                   bind_to_digits<Whole::round>);
QUERN_ROW_FUNCTION("ln", "Natural logarithm; of what is not above 0 the row fails.", "ln(1.0) = 0",
                   bind_logarithm<std::log>);
QUERN_ROW_FUNCTION("log", "Logarithm to base 10, or to the base given first.", "log(2, 8) = 3",
                   bind_log);
QUERN_ROW_FUNCTION("log10", "Logarithm to base 10.", "log10(1000) = 3", bind_logarithm<std::log10>);
QUERN_ROW_FUNCTION("log2", "Logarithm to base 2.", "log2(8) = 3", bind_logarithm<std::log2>);
QUERN_ROW_FUNCTION("exp", "e to this power.", "exp(0) = 1", bind_plain<std::exp>);
QUERN_ROW_FUNCTION("pow", "The first to the power of the second.", "pow(2, 10) = 1024", bind_power);
QUERN_ROW_FUNCTION("power", "The same as pow.", "power(2, 10) = 1024", bind_power);
QUERN_ROW_FUNCTION("^", "The same as pow.", "2 ^ 10 = 1024", bind_power);
QUERN_ROW_FUNCTION("**", "The same as pow.", "2 ** 10 = 1024", bind_power);
QUERN_ROW_FUNCTION("sqrt", "Square root; of a negative number the row fails.", "sqrt(9) = 3",
                   (bind_as<square_root, double, double>));
QUERN_ROW_FUNCTION("cbrt", "Cube root.", "cbrt(27) = 3", bind_plain<std::cbrt>);
QUERN_ROW_FUNCTION("isnan", "Whether the number is NaN.", "isnan('nan'::double)", bind_test<IsNan>);
QUERN_ROW_FUNCTION("isinf", "Whether the number or moment is infinite.", "isinf('inf'::double)",
                   (bind_finite<IsInfinite, false>));
QUERN_ROW_FUNCTION("isfinite", "Whether the number or moment is neither infinite nor NaN.",
                   "isfinite(1.0::double)", (bind_finite<IsFinite, true>));

}  // namespace quern::score
