// + - * / // % on numbers, with DuckDB's overflow and division rules.
#include <cmath>

#include "quern/score/functions/cast.h"
#include "quern/score/functions/date_arithmetic.h"
#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

// The limit of a decimal's storage, where DuckDB checks: 10^18 - 1 or 10^38 - 1.
template <class T>
bool is_decimal_in_range(T value) {
    if constexpr (sizeof(T) == 8)
        return value < T{1'000'000'000'000'000'000} && value > -T{1'000'000'000'000'000'000};
    else if constexpr (sizeof(T) == 16)
        return value < power_of_ten(38) && value > -power_of_ten(38);
    else
        return true;
}

enum class Op : uint8_t { add, subtract, multiply };

template <class T, Op op>
Row compute(T a, T b, T& out) {
    if constexpr (kIsFloat<T>) {
        out = op == Op::add ? a + b : op == Op::subtract ? a - b : a * b;
        return Row::value;
    } else {
        bool is_overflow = op == Op::add        ? __builtin_add_overflow(a, b, &out)
                           : op == Op::subtract ? __builtin_sub_overflow(a, b, &out)
                                                : __builtin_mul_overflow(a, b, &out);
        // DuckDB multiplies magnitudes, which have no -2^127.
        if constexpr (op == Op::multiply && sizeof(T) == 16)
            is_overflow = is_overflow || (out == number_min<T>() && a != out && b != out);
        return is_overflow ? Row::failed : Row::value;
    }
}

template <class T, Op op>
void compute_rows(const Call& call) {
    if constexpr (kIsFloat<T>) {
        map_rows<T, T, T>(call, [](T a, T b, T& out) { compute<T, op>(a, b, out); });
    } else {
        map_rows<T, T, T>(call, compute<T, op>);
    }
}

// Decimals as they are stored: the result may be stored wider than the arguments.
template <class In, class Out, Op op>
void compute_decimals(const Call& call) {
    map_rows<Out, In, In>(call, [](In a, In b, Out& out) {
        Row row = compute<Out, op>(a, b, out);
        return row == Row::value && is_decimal_in_range(out) ? Row::value : Row::failed;
    });
}

template <class T>
constexpr bool kIsArithmetic = kIsInteger<T> || kIsFloat<T>;

template <class In, class Out>
constexpr bool hold_decimals() {
    if constexpr (kIsInteger<In> && kIsInteger<Out>)
        return number_min<In>() < 0 && number_min<Out>() < 0 && sizeof(In) >= 2 &&
               sizeof(Out) >= sizeof(In);
    else
        return false;
}

template <Op op>
Result<BoundFunction> bind_decimals(const Signature& signature) {
    Storage in = storage_of(signature.arguments[0]), out = storage_of(signature.result);
    if (storage_of(signature.arguments[1]) != in) return no_overload(signature);
    // Scales must agree, or the sum of stored numbers would mean nothing.
    int a = signature.arguments[0].scale, b = signature.arguments[1].scale;
    int scale = signature.result.scale;
    bool fits = op == Op::multiply ? a + b == scale : a == scale && b == scale;
    if (!fits) return no_overload(signature);
    Kernel kernel = with_storage(in, [&]<class In>(Tag<In>) -> Kernel {
        return with_storage(out, [&]<class Out>(Tag<Out>) -> Kernel {
            if constexpr (hold_decimals<In, Out>())
                return compute_decimals<In, Out, op>;
            else
                return nullptr;
        });
    });
    if (kernel == nullptr) return no_overload(signature);
    return BoundFunction{kernel, nullptr};
}

bool all_are(const Signature& signature, frame::TypeId id) {
    for (const auto& type : signature.arguments)
        if (type.id != id) return false;
    return signature.result.id == id;
}

bool are_plain_numbers(const Signature& signature) {
    for (const auto& type : signature.arguments)
        if (!(type == signature.result)) return false;
    auto id = signature.result.id;
    return frame::is_numeric(signature.result) && id != frame::TypeId::decimal;
}

template <Op op>
Result<BoundFunction> bind_numbers(const Signature& signature) {
    if (signature.arguments.size() != 2) return no_overload(signature);
    if (all_are(signature, frame::TypeId::decimal)) return bind_decimals<op>(signature);
    if (!are_plain_numbers(signature)) return no_overload(signature);
    Storage storage = storage_of(signature.result);
    return BoundFunction{with_storage(storage,
                                      []<class T>(Tag<T>) -> Kernel {
                                          if constexpr (kIsArithmetic<T>)
                                              return compute_rows<T, op>;
                                          return nullptr;
                                      }),
                         nullptr};
}

Result<BoundFunction> bind_add(const Signature& signature) {
    // +x is x.
    if (signature.arguments.size() == 1 && signature.arguments[0] == signature.result &&
        frame::is_numeric(signature.result))
        return bind_cast_kernel(signature.result, signature.result);
    if (Kernel kernel = moment_sum(signature)) return BoundFunction{kernel, nullptr};
    return bind_numbers<Op::add>(signature);
}

template <class T>
Row negate(T value, T& out) {
    if constexpr (kIsFloat<T>) {
        out = -value;
        return Row::value;
    } else if constexpr (number_min<T>() < 0) {
        return __builtin_sub_overflow(T{0}, value, &out) ? Row::failed : Row::value;
    } else {
        out = static_cast<T>(-value);
        return Row::value;
    }
}

Result<BoundFunction> bind_subtract(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() == 1 && types[0] == signature.result && frame::is_numeric(types[0])) {
        return BoundFunction{with_storage(storage_of(types[0]),
                                          []<class T>(Tag<T>) -> Kernel {
                                              if constexpr (kIsArithmetic<T>)
                                                  return [](const Call& call) {
                                                      map_rows<T, T>(call, negate<T>);
                                                  };
                                              return nullptr;
                                          }),
                             nullptr};
    }
    if (Kernel kernel = moment_difference(signature)) return BoundFunction{kernel, nullptr};
    return bind_numbers<Op::subtract>(signature);
}

template <class T>
Row divide_whole(T a, T b, T& out) {
    if (b == 0) return Row::null;
    if constexpr (kIsFloat<T>) {
        out = a / b;
        return Row::value;
    } else {
        if constexpr (number_min<T>() < 0)
            if (b == -1 && a == number_min<T>()) return Row::failed;
        out = static_cast<T>(a / b);
        return Row::value;
    }
}

template <class T>
Row remainder_of(T a, T b, T& out) {
    if constexpr (kIsFloat<T>) {
        out = std::fmod(a, b);
        return Row::value;
    } else {
        if (b == 0) return Row::null;
        if constexpr (number_min<T>() < 0) {
            if (b == -1) {
                if (a == number_min<T>()) return Row::failed;
                out = 0;
                return Row::value;
            }
        }
        out = static_cast<T>(a % b);
        return Row::value;
    }
}

// Decimals of one scale and storage divide as their stored numbers do.
bool are_alike_decimals(const Signature& signature) {
    if (!all_are(signature, frame::TypeId::decimal)) return false;
    for (const auto& type : signature.arguments)
        if (type.scale != signature.result.scale ||
            storage_of(type) != storage_of(signature.result))
            return false;
    return true;
}

// What works on two equal plain numbers and gives one more.
template <template <class> class Rows>
Result<BoundFunction> bind_same(const Signature& signature) {
    if (signature.arguments.size() != 2) return no_overload(signature);
    if (!are_plain_numbers(signature) && !are_alike_decimals(signature))
        return no_overload(signature);
    return BoundFunction{with_storage(storage_of(signature.result),
                                      []<class T>(Tag<T>) -> Kernel {
                                          if constexpr (kIsArithmetic<T>) return Rows<T>::run;
                                          return nullptr;
                                      }),
                         nullptr};
}
template <class T>
struct DivideWholeRows {
    static void run(const Call& call) { map_rows<T, T, T>(call, divide_whole<T>); }
};
template <class T>
struct RemainderRows {
    static void run(const Call& call) { map_rows<T, T, T>(call, remainder_of<T>); }
};

Result<BoundFunction> bind_multiply(const Signature& signature) {
    if (Kernel kernel = interval_product(signature)) return BoundFunction{kernel, nullptr};
    return bind_numbers<Op::multiply>(signature);
}

Result<BoundFunction> bind_divide(const Signature& signature) {
    if (Kernel kernel = interval_quotient(signature)) return BoundFunction{kernel, nullptr};
    if (fits<float, float, float>(signature))
        return bind_as<[](float a, float b, float& out) { out = a / b; }, float, float, float>(
            signature);
    return bind_as<[](double a, double b, double& out) { out = a / b; }, double, double, double>(
        signature);
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "+",
    .summary = "Sum of two numbers, or a date or timestamp moved by days or an interval.",
    .example = "date '2024-01-31' + interval 1 month = timestamp '2024-02-29 00:00:00'",
    .bind = bind_add,
});
QUERN_REGISTER(RowFunction)({
    .name = "-",
    .summary = "Difference of two numbers or moments, one number negated, or a date moved back.",
    .example = "date '2024-03-01' - date '2024-02-01' = 29",
    .bind = bind_subtract,
});
QUERN_REGISTER(RowFunction)({
    .name = "*",
    .summary = "Product of two numbers, or of an interval and a number.",
    .example = "1.5 * 2.5 = 3.75",
    .bind = bind_multiply,
});
QUERN_REGISTER(RowFunction)({
    .name = "/",
    .summary = "Quotient as a float, or an interval divided; a number by zero is infinite or NaN.",
    .example = "7 / 2 = 3.5",
    .bind = bind_divide,
});
QUERN_REGISTER(RowFunction)({
    .name = "//",
    .summary = "Quotient without its fraction; NULL when divided by zero.",
    .example = "-7 // 2 = -3",
    .bind = bind_same<DivideWholeRows>,
});
QUERN_REGISTER(RowFunction)({
    .name = "%",
    .summary = "Remainder with the sign of the dividend; NULL when divided by zero.",
    .example = "-7 % 3 = -1",
    .bind = bind_same<RemainderRows>,
});
QUERN_REGISTER(RowFunction)({
    .name = "add",
    .summary = "The same as +.",
    .example = "add(1, 2) = 3",
    .bind = bind_add,
});
QUERN_REGISTER(RowFunction)({
    .name = "subtract",
    .summary = "The same as -.",
    .example = "subtract(3, 2) = 1",
    .bind = bind_subtract,
});
QUERN_REGISTER(RowFunction)({
    .name = "multiply",
    .summary = "The same as *.",
    .example = "multiply(2, 3) = 6",
    .bind = bind_multiply,
});
QUERN_REGISTER(RowFunction)({
    .name = "divide",
    .summary = "The same as //.",
    .example = "divide(7, 2) = 3",
    .bind = bind_same<DivideWholeRows>,
});
QUERN_REGISTER(RowFunction)({
    .name = "mod",
    .summary = "The same as %.",
    .example = "mod(7, 3) = 1",
    .bind = bind_same<RemainderRows>,
});

}  // namespace quern::score
