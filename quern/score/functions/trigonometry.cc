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

QUERN_ROW_FUNCTION("sin", "Sine of radians.", "sin(0) = 0", bind_one<of_finite<std::sin>>);
QUERN_ROW_FUNCTION("cos", "Cosine of radians.", "cos(0) = 1", bind_one<of_finite<std::cos>>);
QUERN_ROW_FUNCTION("tan", "Tangent of radians.", "tan(0) = 0", bind_one<of_finite<std::tan>>);
QUERN_ROW_FUNCTION("cot", "Cotangent of radians; of 0 the row fails.", "round(cot(0.5), 3) = 1.83",
                   bind_one<cotangent>);
QUERN_ROW_FUNCTION("asin", "Arc sine in radians.", "asin(0) = 0", bind_one<of_sine<std::asin>>);
QUERN_ROW_FUNCTION("acos", "Arc cosine in radians.", "acos(1) = 0", bind_one<of_sine<std::acos>>);
QUERN_ROW_FUNCTION("atan", "Arc tangent in radians.", "atan(0) = 0", bind_one<plain<std::atan>>);
QUERN_ROW_FUNCTION("atan2", "Angle of the point (x, y), y first, in radians.", "atan2(0, 1) = 0",
                   bind_as<arc_of_two, double, double, double>);
QUERN_ROW_FUNCTION("sinh", "Hyperbolic sine.", "sinh(0) = 0", bind_one<plain<std::sinh>>);
QUERN_ROW_FUNCTION("cosh", "Hyperbolic cosine.", "cosh(0) = 1", bind_one<plain<std::cosh>>);
QUERN_ROW_FUNCTION("tanh", "Hyperbolic tangent.", "tanh(0) = 0", bind_one<plain<std::tanh>>);
QUERN_ROW_FUNCTION("asinh", "Inverse hyperbolic sine.", "asinh(0) = 0",
                   bind_one<plain<std::asinh>>);
QUERN_ROW_FUNCTION("acosh", "Inverse hyperbolic cosine.", "acosh(1) = 0",
                   bind_one<plain<std::acosh>>);
QUERN_ROW_FUNCTION("atanh", "Inverse hyperbolic tangent.", "atanh(0) = 0", bind_one<area_tangent>);
QUERN_ROW_FUNCTION("degrees", "Radians as degrees.", "degrees(0) = 0", bind_one<plain<to_degrees>>);
QUERN_ROW_FUNCTION("radians", "Degrees as radians.", "radians(0) = 0", bind_one<plain<to_radians>>);
QUERN_ROW_FUNCTION("pi", "The number pi.", "pi() > 3.14", bind_as<pi, double>);

}  // namespace quern::score
