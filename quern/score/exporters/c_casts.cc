// Casts among numbers as C, with DuckDB's ranges and rounding.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

using frame::TypeId;

bool is_decimal(const frame::Type& type) { return type.id == TypeId::decimal; }
bool is_number(const frame::Type& type) {
    return (frame::is_numeric(type) && !is_decimal(type)) || type.id == TypeId::boolean;
}

std::string cast_to(const CType& target, const std::string& body) {
    return "\nstatic int @F(@T a, " + std::string(target.name) + " *out) {\n" + body +
           "    return 0;\n}\n";
}

int digits_of(Storage integer) {  // bits of its values
    constexpr int kDigits[] = {7, 15, 31, 63, 8, 16, 32, 64, 127};
    return kDigits[static_cast<size_t>(integer) - static_cast<size_t>(Storage::i8)];
}

std::string float_to_integer(Source& source, Storage from, Storage to) {
    const CType& target = c_type(to);
    const std::string type = target.name, suffix = from == Storage::f32 ? "f" : "";
    std::string body;
    if (to == Storage::i128) {
        body = "    a = nearbyint" + suffix + "(a);\n    if (!(fabs" + suffix +
               "(a) < (@T)1.7014118346046923e38)) return 2;\n    *out = (q_wide)a;\n";
    } else {  // DuckDB checks the range before it rounds
        const int digits = digits_of(to);
        body = "    @T past = ldexp" + suffix + "(1, " + std::to_string(digits) +
               ");\n    if (!(a >= " + (is_unsigned(to) ? "0" : "-past") +
               " && a < past)) return 2;\n    a = nearbyint" + suffix + "(a);\n";
        if (digits > 32)
            body += "    *out = a < past ? (" + type +
                    ")a : " + (is_unsigned(to) ? "0" : target.low) + ";\n";
        else
            body += "    *out = (" + type + ")(int64_t)a;\n";
    }
    return source.helper("to_" + std::string(target.suffix), from, cast_to(target, body));
}

// When an integer does not fit into another; "" where all do.
std::string beyond(Storage from, Storage to) {
    const CType& target = c_type(to);
    const bool is_narrower = digits_of(from) > digits_of(to);
    const bool tests_low = !is_unsigned(from) && (is_unsigned(to) || is_narrower);
    const std::string low = tests_low ? "a < " + std::string(target.low) : "";
    const std::string high = is_narrower ? "a > " + std::string(target.high) : "";
    return low + (low.empty() || high.empty() ? "" : " || ") + high;
}

std::string plain_cast(Source& source, Storage from, Storage to) {
    const CType& target = c_type(to);
    const std::string name = "to_" + std::string(target.suffix);
    if (from == Storage::i128 || to == Storage::i128) source.use_wide();
    if (to == Storage::boolean)
        return source.helper(name, from, cast_to(target, "    *out = a != 0;\n"));
    if (is_integer(to) && is_float(from)) return float_to_integer(source, from, to);
    std::string test;
    if (to == Storage::f32 && from == Storage::f64)
        test = "isfinite(a) && !isfinite((float)a)";
    else if (is_integer(to) && is_integer(from))
        test = beyond(from, to);
    if (!test.empty()) test = "    if (" + test + ") return 2;\n";
    return source.helper(name, from,
                         cast_to(target, test + "    *out = (" + target.name + ")a;\n"));
}

std::string to_decimal(Source& source, Storage from, const frame::Type& to) {
    const CType& target = c_type(storage_of(to));
    const std::string scale = power_of_ten_text(source, to.scale);
    const std::string limit = power_of_ten_text(source, to.width), type = target.name;
    std::string body;
    if (from == Storage::boolean && to.scale == to.width) {
        body = "    *out = a;\n";
    } else if (is_float(from)) {  // a float is rounded as a double, then a float again
        body = "    double scaled = round((double)a * (double)" + scale +
               ");\n    if (!isfinite(scaled) || scaled <= -(double)" + limit +
               " || scaled >= (double)" + limit + ") return 2;\n    *out = (" + type +
               ")(@T)scaled;\n";
    } else {
        source.use_wide();
        body = "    q_wide wide = 0;\n    if (__builtin_mul_overflow((q_wide)a, (q_wide)" + scale +
               ", &wide)) return 2;\n    if (wide >= " + limit + " || wide <= -" + limit +
               ") return 2;\n    *out = (" + type + ")wide;\n";
    }
    return source.helper("to_decimal_" + std::to_string(to.width) + "_" + std::to_string(to.scale),
                         from, cast_to(target, body));
}

std::string from_decimal(Source& source, const frame::Type& from, Storage to) {
    const CType& target = c_type(to);
    const std::string power = power_of_ten_text(source, from.scale), type = target.name;
    std::string body;
    if (to == Storage::boolean) {
        body = "    *out = a != 0;\n";
    } else if (is_float(to)) {
        const std::string exact = to == Storage::f64 ? "INT64_C(9007199254740992)" : "16777216";
        const std::string simple = "(" + type + ")a / (" + type + ")(double)" + power;
        if (from.scale == 0)
            body = "    *out = " + simple + ";\n";
        else
            body = "    *out = a <= " + exact + " && a >= -" + exact + "\n        ? " + simple +
                   "\n        : (" + type + ")(a / " + power + ") + (" + type + ")(a % " + power +
                   ") / (" + type + ")(double)" + power + ";\n";
    } else {
        source.use_wide();
        const std::string narrow = to == Storage::i128 ? "" : plain_cast(source, Storage::i128, to);
        body = "    q_wide half = a < 0 ? -(" + power + " / 2) : " + power +
               " / 2;\n    q_wide wide = ((q_wide)a + half) / " + power + ";\n" +
               (narrow.empty() ? "    *out = wide;\n"
                               : "    if (" + narrow + "(wide, out) != 0) return 2;\n");
    }
    return source.helper("decimal_" + std::to_string(from.scale) + "_to_" + target.suffix,
                         storage_of(from), cast_to(target, body));
}

// To more digits after the point, or to fewer with rounding half away from zero.
std::string between_decimals(Source& source, const frame::Type& from, const frame::Type& to) {
    source.use_wide();
    const CType& target = c_type(storage_of(to));
    const int up = to.scale - from.scale;
    const std::string power = power_of_ten_text(source, up < 0 ? -up : up);
    const std::string limit = power_of_ten_text(source, to.width);
    const std::string scaled =
        up >= 0
            ? "    if (__builtin_mul_overflow(wide, (q_wide)" + power + ", &wide)) return 2;\n"
            : "    wide /= " + power + " / 2;\n    wide = (wide < 0 ? wide - 1 : wide + 1) / 2;\n";
    return source.helper(
        "rescale_" + std::to_string(from.scale) + "_to_" + std::to_string(to.width) + "_" +
            std::to_string(to.scale),
        storage_of(from),
        cast_to(target, "    q_wide wide = a;\n" + scaled + "    if (wide >= " + limit +
                            " || wide <= -" + limit + ") return 2;\n    *out = (" + target.name +
                            ")wide;\n"));
}

std::string cast_helper(Source& source, const frame::Type& from, const frame::Type& to) {
    if (is_number(from) && is_number(to))
        return plain_cast(source, storage_of(from), storage_of(to));
    if (is_decimal(from) && is_decimal(to)) return between_decimals(source, from, to);
    if (is_decimal(from) && is_number(to)) return from_decimal(source, from, storage_of(to));
    if (is_number(from) && is_decimal(to)) return to_decimal(source, storage_of(from), to);
    return "";
}

bool cast_form(const CallSite& site) {
    if (site.arguments.size() != 1) return false;
    const frame::Type &from = site.arguments[0]->type, &to = site.call.type;
    if (from == to) {
        site.assign(site.values[0]);
        return true;
    }
    const std::string helper = cast_helper(site.source, from, to);
    if (!helper.empty()) {
        site.map(helper);
        return true;
    }
    for (const NamedForm& form : date_forms())
        if (form.name == "cast") return form.form(site);
    return false;
}

bool try_cast(const CallSite& site) {
    if (!cast_form(site)) return false;
    site.source.line(site.state + " = " + site.states[0] + " & 2 ? 2 : " + site.state + " != 0;");
    return true;
}

constexpr NamedForm kForms[] = {{"cast", cast_form}, {"try_cast", try_cast}};

}  // namespace

std::string power_of_ten_text(Source& source, int exponent) {
    const auto part = [](int zeros) {
        return "INT64_C(1" + std::string(static_cast<size_t>(zeros), '0') + ")";
    };
    if (exponent <= 18) return part(exponent);
    source.use_wide();
    std::string text = "((q_wide)" + part(18);
    for (int left = exponent - 18; left > 0; left -= 18) text += " * " + part(std::min(left, 18));
    return text + ")";
}

std::span<const NamedForm> cast_forms() { return kForms; }

}  // namespace quern::score::c
