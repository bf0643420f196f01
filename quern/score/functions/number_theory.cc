// Functions of whole numbers, and those of floats that look at their bits or neighbours.
#include <cmath>

#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

// TRUE when the magnitude fits.
template <class T>
bool magnitude(T value, T& out) {
    if (value == number_min<T>()) return false;
    out = value < 0 ? -value : value;
    return true;
}

template <class T>
bool common_divisor(T a, T b, T& out) {
    const T least = number_min<T>();
    if ((a == least && b == -1) || (a == -1 && b == least)) {
        out = 1;
        return true;
    }
    while (a != 0) {
        b %= a;
        std::swap(a, b);
    }
    return magnitude(b, out);
}

template <class T>
Row greatest_common_divisor(T a, T b, T& out) {
    return common_divisor(a, b, out) ? Row::value : Row::failed;
}

template <class T>
Row least_common_multiple(T a, T b, T& out) {
    out = 0;
    if (a == 0 || b == 0) return Row::value;
    T divisor = 0, product = 0;
    if (!common_divisor(a, b, divisor)) return Row::failed;
    if (__builtin_mul_overflow(a, b / divisor, &product)) return Row::failed;
    return magnitude(product, out) ? Row::value : Row::failed;
}

// One form for 64 bits and one for 128.
template <auto of_64, auto of_128>
Result<BoundFunction> bind_pair(const Signature& signature) {
    if (signature.result.id == frame::TypeId::hugeint)
        return bind_as<of_128, int128, int128, int128>(signature);
    return bind_as<of_64, int64_t, int64_t, int64_t>(signature);
}

Row factorial(int32_t of, int128& out) {
    if (of < 0) return Row::failed;
    out = 1;
    for (int32_t i = 2; i <= of; ++i)
        if (__builtin_mul_overflow(out, static_cast<int128>(i), &out)) return Row::failed;
    return Row::value;
}

void even(double x, double& out) {
    double away = x >= 0 ? std::ceil(x) : -std::ceil(-x);
    out = std::floor(away / 2) * 2 == away ? away : x >= 0 ? away + 1 : away - 1;
}

template <class T>
void next_after(T from, T towards, T& out) {
    out = std::nextafter(from, towards);
}

Result<BoundFunction> bind_next_after(const Signature& signature) {
    if (fits<float, float, float>(signature))
        return bind_as<next_after<float>, float, float, float>(signature);
    return bind_as<next_after<double>, double, double, double>(signature);
}

template <class T>
void sign_bit(T value, bool& out) {
    out = std::signbit(value);
}

Result<BoundFunction> bind_sign_bit(const Signature& signature) {
    if (fits<bool, float>(signature)) return bind_as<sign_bit<float>, bool, float>(signature);
    return bind_as<sign_bit<double>, bool, double>(signature);
}

Row gamma(double x, double& out) {
    if (x == 0) return Row::failed;
    out = std::tgamma(x);
    return Row::value;
}

Row log_gamma(double x, double& out) {
    if (x == 0) return Row::failed;
    int sign = 0;
    out = lgamma_r(x, &sign);  // lgamma writes a variable that all threads share
    return Row::value;
}

}  // namespace

QUERN_ROW_FUNCTION("gcd", "Greatest common divisor.", "gcd(42, 56) = 14",
                   bind_pair<greatest_common_divisor<int64_t>, greatest_common_divisor<int128>>);
QUERN_ROW_FUNCTION("greatest_common_divisor", "The same as gcd.",
                   "greatest_common_divisor(42, 56) = 14",
                   bind_pair<greatest_common_divisor<int64_t>, greatest_common_divisor<int128>>);
QUERN_ROW_FUNCTION("lcm", "Least common multiple.", "lcm(4, 6) = 12",
                   bind_pair<least_common_multiple<int64_t>, least_common_multiple<int128>>);
QUERN_ROW_FUNCTION("least_common_multiple", "The same as lcm.", "least_common_multiple(4, 6) = 12",
                   bind_pair<least_common_multiple<int64_t>, least_common_multiple<int128>>);
QUERN_ROW_FUNCTION("factorial", "Product of the numbers up to this one.", "factorial(5) = 120",
                   bind_as<factorial, int128, int32_t>);
QUERN_ROW_FUNCTION("!__postfix", "The same as factorial.", "5! = 120",
                   bind_as<factorial, int128, int32_t>);
QUERN_ROW_FUNCTION("even", "The next even number away from zero.", "even(2.9) = 4",
                   bind_as<even, double, double>);
QUERN_ROW_FUNCTION("nextafter", "The next float towards another.",
                   "nextafter(1::double, 2::double) > 1", bind_next_after);
QUERN_ROW_FUNCTION("signbit", "Whether the float has a minus, -0.0 and -NaN included.",
                   "signbit(-0.0::double)", bind_sign_bit);
QUERN_ROW_FUNCTION("gamma", "The gamma function; of 0 the row fails.", "gamma(5) = 24",
                   bind_as<gamma, double, double>);
QUERN_ROW_FUNCTION("lgamma", "Logarithm of the gamma function; of 0 the row fails.",
                   "lgamma(2) = 0", bind_as<log_gamma, double, double>);

}  // namespace quern::score
