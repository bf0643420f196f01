// What a C export takes from <math.h> and <string.h>, for WebAssembly, which has no libc.
// Exponentials and logarithms are within an ulp or two of a libm's; all else is exact.
#pragma once

#include <string_view>

namespace quern::score::wasm {

constexpr std::string_view kStringHeader = R"(
static int memcmp(const void *a, const void *b, size_t size) {
    const unsigned char *x = a, *y = b;
    for (; size > 0; --size, ++x, ++y)
        if (*x != *y) return *x < *y ? -1 : 1;
    return 0;
}
)";

constexpr std::string_view kMathHeader = R"(
#define NAN __builtin_nan("")
#define INFINITY __builtin_inf()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define floor(x) __builtin_floor(x)
#define ceil(x) __builtin_ceil(x)
#define trunc(x) __builtin_trunc(x)
#define fabs(x) __builtin_fabs(x)
#define fabsf(x) __builtin_fabsf(x)
#define sqrt(x) __builtin_sqrt(x)
#define nearbyint(x) __builtin_nearbyint(x)
#define nearbyintf(x) __builtin_nearbyintf(x)

static double round(double x) { /* halves away from zero */
    double whole = trunc(x);
    return fabs(x - whole) >= 0.5 ? whole + (x < 0 ? -1 : 1) : whole;
}
static double q_power_of_two(int64_t n) { /* -1022 to 1023 */
    union { uint64_t bits; double value; } made;
    made.bits = (uint64_t)(n + 1023) << 52;
    return made.value;
}
static double ldexp(double x, int n) { return x * q_power_of_two(n); }
static double fmod(double x, double y) { /* by subtraction of multiples: exact */
    double rest = fabs(x), by = fabs(y);
    if (!(by > 0) || !(rest < INFINITY)) return NAN;
    if (!(by < INFINITY)) return x;
    while (rest >= by) {
        double step = by;
        while (step <= rest / 2) step *= 2;
        rest -= step;
    }
    return x < 0 ? -rest : rest;
}
/* e^x = 2^k e^r, |r| <= ln 2 / 2, by its series. */
static double exp(double x) {
    double k, r, sum = 1;
    int i;
    if (isnan(x)) return x;
    if (x > 709.782712893384) return INFINITY;
    if (x < -745.1332191019412) return 0;
    k = nearbyint(x * 1.4426950408889634);
    r = x - k * 6.93147180369123816490e-01 - k * 1.90821492927058770002e-10;
    for (i = 17; i > 0; --i) sum = 1 + sum * r / i;
    if (k < -1021) return sum * q_power_of_two((int64_t)k + 60) * q_power_of_two(-60);
    if (k > 1023) return sum * 2 * q_power_of_two((int64_t)k - 1);
    return sum * q_power_of_two((int64_t)k);
}
static float expf(float x) { return (float)exp((double)x); }
/* ln x = k ln 2 + 2 artanh s, s = (m - 1) / (m + 1), m near 1. */
static double log(double x) {
    union { double value; uint64_t bits; } of;
    double m, s, z, sum = 0;
    int64_t k = 0;
    int i;
    if (isnan(x) || x < 0) return NAN;
    if (x == 0) return -INFINITY;
    if (x == INFINITY) return x;
    if (x < 2.2250738585072014e-308) {
        x *= 18014398509481984.0;
        k = -54;
    }
    of.value = x;
    k += (int64_t)(of.bits >> 52) - 1023;
    of.bits = (of.bits & 0xFFFFFFFFFFFFFu) | (uint64_t)1023 << 52;
    m = of.value;
    if (m > 1.4142135623730951) {
        m /= 2;
        ++k;
    }
    s = (m - 1) / (m + 1);
    z = s * s;
    for (i = 23; i > 1; i -= 2) sum = sum * z + 1.0 / i;
    sum = 2 * s + 2 * s * z * sum;
    return (double)k * 6.93147180369123816490e-01 + (sum + (double)k * 1.90821492927058770002e-10);
}
/* By the logarithm of what 1 + x is after rounding (Kahan). */
static double log1p(double x) {
    double one = 1 + x;
    return one == 1 || x == INFINITY ? x : log(one) * (x / (one - 1));
}
static double expm1(double x) {
    double power = exp(x);
    if (power == 1) return x;
    return fabs(x) < 30 ? (power - 1) * (x / log(power)) : power - 1;
}
)";

// Of <math.h>, what the header above lacks.
constexpr std::string_view kLacking[] = {"pow",    "log10", "log2",   "cbrt",   "sin",   "cos",
                                         "tan",    "asin",  "acos",   "atan",   "atan2", "sinh",
                                         "cosh",   "tanh",  "asinh",  "acosh",  "atanh", "fmodf",
                                         "floorf", "ceilf", "roundf", "truncf", "ldexpf"};

}  // namespace quern::score::wasm
