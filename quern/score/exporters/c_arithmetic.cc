// Arithmetic of numbers as C, with DuckDB's overflow and division rules.
#include "quern/score/exporters/c_call.h"

namespace quern::score::c {
namespace {

using frame::TypeId;

enum class Op : uint8_t { add, subtract, multiply };
constexpr const char* kSigns[] = {"+", "-", "*"};
constexpr const char* kNames[] = {"add", "subtract", "multiply"};
constexpr const char* kBuiltins[] = {"add", "sub", "mul"};

// When a sum, difference or product of 64 bits does not fit, in words that every compiler knows.
constexpr const char* kBeyondSigned[] = {
    "b > 0 ? a > @HIGH - b : a < @LOW - b", "b < 0 ? a > @HIGH + b : a < @LOW + b",
    ("a > 0 ? (b > 0 ? a > @HIGH / b : b < @LOW / a)\n"
     "              : (b > 0 ? a < @LOW / b : a != 0 && b < @HIGH / a)")};
constexpr const char* kBeyondUnsigned[] = {"a > @HIGH - b", "b > a", "b != 0 && a > @HIGH / b"};

std::string of_two(const std::string& body) {
    return "\nstatic int @F(@T a, @T b, @T *out) {\n" + body + "    return 0;\n}\n";
}

// T op T -> T; the state is 2 where the result does not fit.
std::string overflowing(Source& source, Storage storage, Op op) {
    const auto index = static_cast<size_t>(op);
    const std::string sign = kSigns[index];
    std::string body;
    if (storage == Storage::i128) {
        body = "    if (__builtin_" + std::string(kBuiltins[index]) +
               "_overflow(a, b, out)) return 2;\n";
        if (op == Op::multiply)
            body += "    if (*out == Q_WIDE_MIN && a != *out && b != *out) return 2;\n";
    } else if (storage == Storage::i64 || storage == Storage::u64) {
        const bool is_signed = storage == Storage::i64;
        body = "    if (" + std::string((is_signed ? kBeyondSigned : kBeyondUnsigned)[index]) +
               ") return 2;\n    *out = a " + sign + " b;\n";
    } else {
        const bool is_large = storage == Storage::u32 && op == Op::multiply;
        const std::string wide = is_large ? "uint64_t" : "int64_t";
        body = "    " + wide + " wide = (" + wide + ")a " + sign + " (" + wide + ")b;\n    if (" +
               (is_large ? "" : "wide < @LOW || ") +
               "wide > @HIGH) return 2;\n    *out = (@T)wide;\n";
    }
    return source.helper(kNames[index], storage, of_two(body));
}

bool is_decimal(const frame::Type& type) { return type.id == TypeId::decimal; }
bool is_plain(const frame::Type& type) { return frame::is_numeric(type) && !is_decimal(type); }

// The arguments may be stored narrower than the result; C widens them.
bool decimals(const CallSite& site, Op op) {
    const Storage storage = site.result();
    const std::string plain = overflowing(site.source, storage, op);
    if (storage != Storage::i64 && storage != Storage::i128) {
        site.map(plain);
        return true;
    }
    const std::string limit = power_of_ten_text(site.source, storage == Storage::i64 ? 18 : 38);
    site.map(site.source.helper("decimal_" + std::string(kNames[static_cast<size_t>(op)]), storage,
                                "\nstatic int @F(@T a, @T b, @T *out) {\n    return " + plain +
                                    "(a, b, out) != 0 || *out >= " + limit + " || *out <= -" +
                                    limit + " ? 2 : 0;\n}\n"));
    return true;
}

bool of_one(const CallSite& site, Op op) {
    const Storage storage = site.result();
    if (!(site.arguments[0]->type == site.call.type) || !frame::is_numeric(site.call.type))
        return false;
    if (op == Op::add) {
        site.assign(site.values[0]);
    } else if (is_float(storage)) {
        site.assign("-" + site.values[0]);
    } else if (is_unsigned(storage)) {
        site.assign(std::string("(") + c_type(storage).name + ")(0 - " + site.values[0] + ")");
    } else {
        site.map(site.source.helper("negate", storage, R"(
static int @F(@T a, @T *out) {
    if (a == @LOW) return 2;
    *out = (@T)-a;
    return 0;
}
)"));
    }
    return true;
}

template <Op op>
bool arithmetic(const CallSite& site) {
    const frame::Type& type = site.call.type;
    if (site.arguments.size() == 1) return of_one(site, op);
    if (site.arguments.size() != 2) return false;
    const frame::Type &a = site.arguments[0]->type, &b = site.arguments[1]->type;
    if (is_decimal(type) && is_decimal(a) && is_decimal(b)) return decimals(site, op);
    if (is_plain(type) && a == type && b == type) {
        if (is_float(site.result()))
            site.assign(site.values[0] + " " + kSigns[static_cast<size_t>(op)] + " " +
                        site.values[1]);
        else
            site.map(overflowing(site.source, site.result(), op));
        return true;
    }
    for (const NamedForm& form : date_forms())
        if (form.name == site.call.function) return form.form(site);
    return false;
}

bool divide(const CallSite& site) {
    const bool fits = site.arguments.size() == 2 && is_float(site.result()) &&
                      site.storage(0) == site.result() && site.storage(1) == site.result();
    if (fits) site.assign(site.values[0] + " / " + site.values[1]);
    return fits;
}

bool are_same(const CallSite& site) {
    const frame::Type& type = site.call.type;
    if (site.arguments.size() != 2 || !frame::is_numeric(type)) return false;
    for (const Expression* argument : site.arguments) {
        const bool is_alike = is_decimal(type) && is_decimal(argument->type) &&
                              argument->type.scale == type.scale &&
                              storage_of(argument->type) == site.result();
        if (!is_alike && !(argument->type == type)) return false;
    }
    return true;
}

bool divide_whole(const CallSite& site) {
    if (!are_same(site)) return false;
    const Storage storage = site.result();
    const bool can_overflow = !is_float(storage) && !is_unsigned(storage);
    const std::string test = can_overflow ? "    if (b == -1 && a == @LOW) return 2;\n" : "";
    site.map(site.source.helper(
        "divide_whole", storage,
        of_two("    if (b == 0) return 1;\n" + test + "    *out = (@T)(a / b);\n")));
    return true;
}

bool remainder(const CallSite& site) {
    if (!are_same(site)) return false;
    const Storage storage = site.result();
    if (is_float(storage)) {
        site.assign((storage == Storage::f32 ? "fmodf(" : "fmod(") + site.listed_values() + ")");
        return true;
    }
    const std::string test = is_unsigned(storage) ? ""
                                                  : "    if (b == -1 && a == @LOW) return 2;\n"
                                                    "    if (b == -1) b = 1;\n";
    site.map(site.source.helper(
        "remainder", storage,
        of_two("    if (b == 0) return 1;\n" + test + "    *out = (@T)(a % b);\n")));
    return true;
}

constexpr NamedForm kForms[] = {
    {"+", arithmetic<Op::add>},
    {"add", arithmetic<Op::add>},
    {"-", arithmetic<Op::subtract>},
    {"subtract", arithmetic<Op::subtract>},
    {"*", arithmetic<Op::multiply>},
    {"multiply", arithmetic<Op::multiply>},
    {"/", divide},
    {"//", divide_whole},
    {"divide", divide_whole},
    {"%", remainder},
    {"mod", remainder},
};

}  // namespace

std::span<const NamedForm> number_forms() { return kForms; }

}  // namespace quern::score::c
