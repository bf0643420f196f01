// = <> < <= > >=, IS [NOT] DISTINCT FROM, IN, greatest and least.
#include "quern/score/functions/compare.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

struct Equal {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return is_equal(a, b);
    }
};
struct Unequal {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return !is_equal(a, b);
    }
};
struct Less {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return is_less(a, b);
    }
};
struct LessOrEqual {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return !is_less(b, a);
    }
};
struct Greater {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return is_less(b, a);
    }
};
struct GreaterOrEqual {
    template <class T>
    static bool holds(const T& a, const T& b) {
        return !is_less(a, b);
    }
};

bool are_comparable(const Signature& signature) {
    for (const auto& type : signature.arguments)
        if (!(type == signature.arguments[0]) || is_nested(type)) return false;
    return !signature.arguments.empty();
}

template <class Test, class T>
void compare_rows(const Call& call) {
    map_rows<bool, T, T>(call, [](const T& a, const T& b, bool& out) { out = Test::holds(a, b); });
}

template <class Test>
Result<BoundFunction> bind_comparison(const Signature& signature) {
    bool fits = signature.arguments.size() == 2 && are_comparable(signature) &&
                signature.result.id == frame::TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{
        with_storage(storage_of(signature.arguments[0]),
                     []<class T>(Tag<T>) -> Kernel { return compare_rows<Test, T>; }),
        nullptr};
}

// Never NULL: two NULLs are the same.
template <class T, bool wants_same>
void distinct_rows(const Call& call) {
    const Vector &a = *call.arguments[0], &b = *call.arguments[1];
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count);
        uint64_t failed = (a.failed[w] | b.failed[w]) & rows;
        call.out.failed[w] = failed;
        call.out.valid[w] = rows & ~failed;
        for_bits(rows & ~failed, w * 64, [&](size_t row) {
            bool is_same = a.is_valid(row) == b.is_valid(row);
            if (is_same && a.is_valid(row))
                is_same = is_equal(a.values<T>()[row], b.values<T>()[row]);
            call.out.values<bool>()[row] = is_same == wants_same;
        });
    }
}

template <bool wants_same>
Result<BoundFunction> bind_distinct(const Signature& signature) {
    bool fits = signature.arguments.size() == 2 && are_comparable(signature) &&
                signature.result.id == frame::TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{
        with_storage(storage_of(signature.arguments[0]),
                     []<class T>(Tag<T>) -> Kernel { return distinct_rows<T, wants_same>; }),
        nullptr};
}

// x IN (a, b, ...): true when one is equal, else NULL when x or one of them is NULL.
template <class T, bool is_negated>
void in_rows(const Call& call) {
    const Vector& in = *call.arguments[0];
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), failed = 0, all_valid = kAllRows;
        for (const Vector* argument : call.arguments) {
            failed |= argument->failed[w];
            all_valid &= argument->valid[w];
        }
        failed &= rows;
        call.out.failed[w] = failed;
        uint64_t found = 0;
        for (const Vector* argument : call.arguments.subspan(1)) {
            for_bits(in.valid[w] & argument->valid[w] & rows & ~failed, w * 64, [&](size_t row) {
                if (is_equal(in.values<T>()[row], argument->values<T>()[row]))
                    found |= uint64_t{1} << (row % 64);
            });
        }
        call.out.valid[w] = rows & ~failed & (found | all_valid);
        for_bits(call.out.valid[w], w * 64, [&](size_t row) {
            call.out.values<bool>()[row] = ((found >> (row % 64) & 1) != 0) != is_negated;
        });
    }
}

template <bool is_negated>
Result<BoundFunction> bind_in(const Signature& signature) {
    bool fits = signature.arguments.size() >= 2 && are_comparable(signature) &&
                signature.result.id == frame::TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{
        with_storage(storage_of(signature.arguments[0]),
                     []<class T>(Tag<T>) -> Kernel { return in_rows<T, is_negated>; }),
        nullptr};
}

// NULLs are passed over; NULL only when all are.
template <class T, bool wants_greatest>
void extreme_rows(const Call& call) {
    T* out = call.out.values<T>();
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), failed = 0, seen = 0;
        for (const Vector* argument : call.arguments) failed |= argument->failed[w];
        for (const Vector* argument : call.arguments) {
            const T* values = argument->values<T>();
            for_bits(argument->valid[w] & rows & ~failed, w * 64, [&](size_t row) {
                bool is_first = (seen >> (row % 64) & 1) == 0;
                bool is_better = !is_first && (wants_greatest ? is_lesser(out[row], values[row])
                                                              : is_lesser(values[row], out[row]));
                if (is_first || is_better) out[row] = values[row];
                seen |= uint64_t{1} << (row % 64);
            });
        }
        if constexpr (std::is_same_v<T, float>)  // DuckDB compares these by keys without -0.0
            for_bits(seen, w * 64, [&](size_t row) { out[row] += 0.0F; });
        call.out.valid[w] = seen;
        call.out.failed[w] = failed & rows;
    }
}

template <bool wants_greatest>
Result<BoundFunction> bind_extreme(const Signature& signature) {
    bool fits = are_comparable(signature) && signature.arguments[0] == signature.result;
    if (!fits) return no_overload(signature);
    return BoundFunction{
        with_storage(storage_of(signature.result),
                     []<class T>(Tag<T>) -> Kernel { return extreme_rows<T, wants_greatest>; }),
        nullptr};
}

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "=",
    .summary = "Whether two values are equal; NaN is equal to NaN.",
    .example = "2 = 2.0",
    .bind = bind_comparison<Equal>,
});
QUERN_REGISTER(RowFunction)({
    .name = "<>",
    .summary = "Whether two values differ.",
    .example = "'a' <> 'A'",
    .bind = bind_comparison<Unequal>,
});
QUERN_REGISTER(RowFunction)({
    .name = "<",
    .summary = "Whether the first comes before the second; texts by their bytes, NaN last.",
    .example = "'a' < 'b'",
    .bind = bind_comparison<Less>,
});
QUERN_REGISTER(RowFunction)({
    .name = "<=",
    .summary = "Whether the first comes before the second or is equal.",
    .example = "2 <= 2",
    .bind = bind_comparison<LessOrEqual>,
});
QUERN_REGISTER(RowFunction)({
    .name = ">",
    .summary = "Whether the first comes after the second.",
    .example = "3 > 2",
    .bind = bind_comparison<Greater>,
});
QUERN_REGISTER(RowFunction)({
    .name = ">=",
    .summary = "Whether the first comes after the second or is equal.",
    .example = "date '2024-02-01' >= date '2024-01-31'",
    .bind = bind_comparison<GreaterOrEqual>,
});
QUERN_REGISTER(RowFunction)({
    .name = "is distinct from",
    .summary = "Whether two values differ; NULL counts as a value.",
    .example = "1 is distinct from null",
    .bind = bind_distinct<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "is not distinct from",
    .summary = "Whether two values are the same; NULL counts as a value.",
    .example = "null is not distinct from null",
    .bind = bind_distinct<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "in",
    .summary = "Whether the value is one of the list.",
    .example = "2 in (1, 2)",
    .bind = bind_in<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "not in",
    .summary = "Whether the value is none of the list.",
    .example = "3 not in (1, 2)",
    .bind = bind_in<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "greatest",
    .summary = "The greatest of the values; NULLs are passed over.",
    .example = "greatest(1, 3, null) = 3",
    .bind = bind_extreme<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "least",
    .summary = "The least of the values; NULLs are passed over.",
    .example = "least(1, 3, null) = 1",
    .bind = bind_extreme<false>,
});

}  // namespace quern::score
