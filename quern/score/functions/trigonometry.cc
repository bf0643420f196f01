// Circular and hyperbolic functions of doubles.
#include <cmath>
#include <limits>
#include <numbers>

#include "quern/score/kernel.h"

namespace quern::score {
namespace {

template <double (*f)(double)>
void plain(double x, double& out) {
    out = f(x);
}

// One that DuckDB refuses infinities for.
template <double (*f)(double)>
Row of_finite(double x, double& out) {
    if (std::isinf(x)) return Row::failed;
    out = f(x);
    return Row::value;
}

template <double (*f)(double)>
Row of_sine(double x, double& out) {
    if (x < -1 || x > 1) return Row::failed;
    out = f(x);
    return Row::value;
}

Row cotangent(double x, double& out) {
    if (std::isinf(x) || x == 0) return Row::failed;
    out = std::isnan(x) ? x : 1 / std::tan(x);
    return Row::value;
}

Row area_tangent(double x, double& out) {
    if (x < -1 || x > 1) return Row::failed;
    // DuckDB gives plus infinity at both ends.
    out = x == 1 || x == -1 ? std::numeric_limits<double>::infinity() : std::atanh(x);
    return Row::value;
}

void arc_of_two(double y, double x, double& out) { out = std::atan2(y, x); }
double to_degrees(double x) { return x * (180 / std::numbers::pi); }
double to_radians(double x) { return x * (std::numbers::pi / 180); }
void pi(double& out) { out = std::numbers::pi; }

template <auto f>
Result<BoundFunction> bind_one(const Signature& signature) {
    return bind_as<f, double, double>(signature);
}

}  // namespace

#define QUERN_ANGLE(sql_name, what, truth, ...) \
    QUERN_REGISTER(RowFunction)                 \
    ({.name = sql_name, .summary = what, .example = truth, .bind = __VA_ARGS__})

QUERN_ANGLE("sin", "Sine of radians.", "sin(0) = 0", bind_one<of_finite<std::sin>>);
QUERN_ANGLE("cos", "Cosine of radians.", "cos(0) = 1", bind_one<of_finite<std::cos>>);
QUERN_ANGLE("tan", "Tangent of radians.", "tan(0) = 0", bind_one<of_finite<std::tan>>);
QUERN_ANGLE("cot", "Cotangent of radians; of 0 the row fails.", "round(cot(0.5), 3) = 1.83",
            bind_one<cotangent>);
QUERN_ANGLE("asin", "Arc sine in radians.", "asin(0) = 0", bind_one<of_sine<std::asin>>);
QUERN_ANGLE("acos", "Arc cosine in radians.", "acos(1) = 0", bind_one<of_sine<std::acos>>);
QUERN_ANGLE("atan", "Arc tangent in radians.", "atan(0) = 0", bind_one<plain<std::atan>>);
QUERN_ANGLE("atan2", "Angle of the point (x, y), y first, in radians.", "atan2(0, 1) = 0",
            bind_as<arc_of_two, double, double, double>);
QUERN_ANGLE("sinh", "Hyperbolic sine.", "sinh(0) = 0", bind_one<plain<std::sinh>>);
QUERN_ANGLE("cosh", "Hyperbolic cosine.", "cosh(0) = 1", bind_one<plain<std::cosh>>);
QUERN_ANGLE("tanh", "Hyperbolic tangent.", "tanh(0) = 0", bind_one<plain<std::tanh>>);
QUERN_ANGLE("asinh", "Inverse hyperbolic sine.", "asinh(0) = 0", bind_one<plain<std::asinh>>);
QUERN_ANGLE("acosh", "Inverse hyperbolic cosine.", "acosh(1) = 0", bind_one<plain<std::acosh>>);
QUERN_ANGLE("atanh", "Inverse hyperbolic tangent.", "atanh(0) = 0", bind_one<area_tangent>);
QUERN_ANGLE("degrees", "Radians as degrees.", "degrees(0) = 0", bind_one<plain<to_degrees>>);
QUERN_ANGLE("radians", "Degrees as radians.", "radians(0) = 0", bind_one<plain<to_radians>>);
QUERN_ANGLE("pi", "The number pi.", "pi() > 3.14", bind_as<pi, double>);

#undef QUERN_ANGLE

}  // namespace quern::score
