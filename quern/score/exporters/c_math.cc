// Functions of numbers as C, on libm as the scorer is.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

using frame::TypeId;

bool is_double(const CallSite& site, size_t count) {
    if (site.arguments.size() != count || site.result() != Storage::f64) return false;
    for (size_t i = 0; i < count; ++i)
        if (site.storage(i) != Storage::f64) return false;
    return true;
}

// What libm computes, where the scorer does not fail.
struct Plain {
    std::string_view name;
    const char* c;      // of x, or x and y
    const char* fails;  // a condition; "": never
};
constexpr Plain kPlain[] = {
    {"exp", "exp(x)", ""},
    {"ln", "log(x)", "x <= 0"},
    {"log10", "log10(x)", "x <= 0"},
    {"log2", "log2(x)", "x <= 0"},
    {"sqrt", "sqrt(x)", "x < 0"},
    {"cbrt", "cbrt(x)", ""},
    {"pow", "pow(x, y)", ""},
    {"power", "pow(x, y)", ""},
    {"^", "pow(x, y)", ""},
    {"**", "pow(x, y)", ""},
    {"sin", "sin(x)", "isinf(x)"},
    {"cos", "cos(x)", "isinf(x)"},
    {"tan", "tan(x)", "isinf(x)"},
    {"cot", "isnan(x) ? x : 1 / tan(x)", "isinf(x) || x == 0"},
    {"asin", "asin(x)", "x < -1 || x > 1"},
    {"acos", "acos(x)", "x < -1 || x > 1"},
    {"atan", "atan(x)", ""},
    {"atan2", "atan2(x, y)", ""},
    {"sinh", "sinh(x)", ""},
    {"cosh", "cosh(x)", ""},
    {"tanh", "tanh(x)", ""},
    {"asinh", "asinh(x)", ""},
    {"acosh", "acosh(x)", ""},
    {"atanh", "x == 1 || x == -1 ? INFINITY : atanh(x)", "x < -1 || x > 1"},
    {"degrees", "x * (180 / 3.141592653589793)", ""},
    {"radians", "x * (3.141592653589793 / 180)", ""},
};

bool plain(const CallSite& site) {
    for (const Plain& form : kPlain) {
        if (form.name != site.call.function) continue;
        const std::string_view code = form.c;
        const bool has_two = code.find('y') != std::string_view::npos;
        if (!is_double(site, has_two ? 2 : 1)) return false;
        std::string name = "of_";
        for (const char c : code)
            name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
        const std::string fails =
            *form.fails ? "    if (" + std::string(form.fails) + ") return 2;\n" : "";
        site.map(site.source.helper(
            name, Storage::f64,
            "\nstatic int @F(double x, " + std::string(has_two ? "double y, " : "") +
                "double *out) {\n" + fails + "    *out = " + std::string(code) +
                ";\n    return 0;\n}\n"));
        return true;
    }
    return false;
}

bool log_of(const CallSite& site) {
    if (is_double(site, 1)) {
        site.map(site.source.helper("log10", Storage::f64, R"(
static int @F(double x, double *out) {
    if (x <= 0) return 2;
    *out = log10(x);
    return 0;
}
)"));
        return true;
    }
    if (!is_double(site, 2)) return false;
    site.map(site.source.helper("log_of_base", Storage::f64, R"(
static int @F(double base, double x, double *out) {
    double divisor = base <= 0 || x <= 0 ? 0 : log10(base);
    if (divisor == 0) return 2;
    *out = log10(x) / divisor;
    return 0;
}
)"));
    return true;
}

bool pi(const CallSite& site) {
    site.assign("3.141592653589793");
    return true;
}

bool absolute(const CallSite& site) {
    if (site.arguments.size() != 1 || !(site.arguments[0]->type == site.call.type)) return false;
    const Storage storage = site.result();
    if (!frame::is_numeric(site.call.type)) return false;
    if (is_float(storage))
        site.assign(std::string(storage == Storage::f32 ? "fabsf(" : "fabs(") + site.values[0] +
                    ")");
    else if (is_unsigned(storage))
        site.assign(site.values[0]);
    else
        site.map(site.source.helper("abs", storage, R"(
static int @F(@T a, @T *out) {
    if (a == @LOW) return 2;
    *out = (@T)(a < 0 ? -a : a);
    return 0;
}
)"));
    return true;
}

bool sign(const CallSite& site) {
    if (site.arguments.size() != 1 || site.result() != Storage::i8 ||
        !frame::is_numeric(site.arguments[0]->type) ||
        site.arguments[0]->type.id == TypeId::decimal)
        return false;
    const std::string& value = site.values[0];
    const bool is_never_less = is_unsigned(site.storage(0));
    site.assign("(int8_t)((" + value + " > 0) - " + (is_never_less ? "0" : "(" + value + " < 0)") +
                ")");
    return true;
}

// floor, ceil, round, trunc of decimals: from scale s to 0.
std::string whole_decimal(Source& source, std::string_view how, Storage storage, int scale) {
    source.use_wide();
    const std::string power = power_of_ten_text(source, scale);
    const std::string body = how == "floor"   ? "wide % p < 0 ? wide / p - 1 : wide / p"
                             : how == "ceil"  ? "wide % p > 0 ? wide / p + 1 : wide / p"
                             : how == "round" ? "wide < 0 ? (wide - p / 2) / p : (wide + p / 2) / p"
                                              : "wide / p";
    return source.helper(std::string(how) + "_" + std::to_string(scale), storage,
                         "\nstatic int @F(@T a, @T *out) {\n    q_wide wide = a, p = " + power +
                             ";\n    *out = (@T)(" + body + ");\n    return 0;\n}\n");
}

bool whole(const CallSite& site) {
    std::string how = site.call.function;
    if (how == "ceiling") how = "ceil";
    const frame::Type& type = site.arguments[0]->type;
    const Storage storage = site.storage(0);
    if (site.arguments.size() == 1) {
        if (is_float(storage) && site.result() == storage) {
            site.assign(how + (storage == Storage::f32 ? "f(" : "(") + site.values[0] + ")");
            return true;
        }
        if (type.id == TypeId::decimal && site.result() == storage) {
            site.map(whole_decimal(site.source, how, storage, type.scale));
            return true;
        }
        if (!(type == site.call.type) || !is_integer(storage)) return false;
        site.assign(site.values[0]);
        return true;
    }
    // To so many digits: only of floats, the digits constant and few.
    const Expression& digits = *site.arguments[1];
    if (site.arguments.size() != 2 || storage != Storage::f64 || site.result() != storage ||
        digits.kind != Expression::Kind::constant || digits.constant.is_null ||
        storage_of(digits.type) != Storage::i32)
        return false;
    int32_t count = 0;
    __builtin_memcpy(&count, digits.constant.bits.data(), sizeof(count));
    if (count > 22 || count < -22) return false;
    const std::string unit = "1e" + std::to_string(count < 0 ? -count : count);
    const std::string rounded =
        count < 0 ? how + "(a / " + unit + ") * " + unit : how + "(a * " + unit + ") / " + unit;
    const std::string beyond = count < 0 && how == "round" ? "0" : "a";
    const std::string function = site.source.helper(
        how + "_to_" + (count < 0 ? "minus_" : "") + std::to_string(count < 0 ? -count : count),
        storage,
        "\nstatic int @F(double a, int32_t digits, double *out) {\n    double rounded = " +
            rounded + ";\n    (void)digits;\n    *out = isfinite(rounded) ? rounded : " + beyond +
            ";\n    return 0;\n}\n");
    site.map(function);
    return true;
}

bool test(const CallSite& site) {
    if (site.arguments.size() != 1) return false;
    const std::string& value = site.values[0];
    const TypeId id = site.arguments[0]->type.id;
    if (is_float(site.storage(0))) {
        site.assign(site.call.function + "(" + value + ") != 0");
        return true;
    }
    const bool wants_finite = site.call.function == "isfinite";
    const bool is_moment =
        id == TypeId::date || id == TypeId::timestamp || id == TypeId::timestamptz;
    if (!is_moment || site.call.function == "isnan") return false;
    const char* top = c_type(site.storage(0)).high;
    site.assign(std::string(wants_finite ? "!" : "") + "(" + value + " == " + top + " || " + value +
                " == -" + top + ")");
    return true;
}

constexpr NamedForm kForms[] = {
    {"exp", plain},     {"ln", plain},    {"log10", plain}, {"log2", plain},    {"sqrt", plain},
    {"cbrt", plain},    {"pow", plain},   {"power", plain}, {"^", plain},       {"**", plain},
    {"sin", plain},     {"cos", plain},   {"tan", plain},   {"cot", plain},     {"asin", plain},
    {"acos", plain},    {"atan", plain},  {"atan2", plain}, {"sinh", plain},    {"cosh", plain},
    {"tanh", plain},    {"asinh", plain}, {"acosh", plain}, {"atanh", plain},   {"degrees", plain},
    {"radians", plain}, {"log", log_of},  {"pi", pi},       {"abs", absolute},  {"@", absolute},
    {"sign", sign},     {"floor", whole}, {"ceil", whole},  {"ceiling", whole}, {"round", whole},
    {"trunc", whole},   {"isnan", test},  {"isinf", test},  {"isfinite", test},
};

}  // namespace

std::span<const NamedForm> math_forms() { return kForms; }

}  // namespace quern::score::c
