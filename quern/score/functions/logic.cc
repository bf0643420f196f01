// AND, OR, NOT, IS NULL, CASE, COALESCE: the functions that look at NULL themselves.
#include <cstring>

#include "quern/score/kernel.h"

namespace quern::score {
namespace {

// The rows whose value is true, among valid ones.
uint64_t true_bits(const Vector& vector, size_t word, uint64_t rows) {
    uint64_t bits = 0;
    const bool* values = vector.values<bool>();
    for_bits(vector.valid[word] & rows, word * 64,
             [&](size_t row) { bits |= uint64_t{values[row]} << (row % 64); });
    return bits;
}

void put_bits(const Call& call, size_t word, uint64_t valid, uint64_t truth) {
    call.out.valid[word] = valid;
    for_bits(valid, word * 64,
             [&](size_t row) { call.out.values<bool>()[row] = (truth >> (row % 64) & 1) != 0; });
}

// AND: false if any is false, else NULL if any is NULL. OR is its mirror.
template <bool is_and>
void conjunction(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count);
        uint64_t failed = 0, decided = 0, all_valid = rows;
        for (const Vector* argument : call.arguments) {
            uint64_t truth = true_bits(*argument, w, rows);
            uint64_t valid = argument->valid[w] & rows;
            decided |= is_and ? valid & ~truth : truth;
            all_valid &= valid;
            failed |= argument->failed[w] & rows;
        }
        call.out.failed[w] = failed;
        put_bits(call, w, (decided | all_valid) & ~failed, is_and ? ~decided : decided);
    }
}

bool are_booleans(const Signature& signature) {
    for (const auto& type : signature.arguments)
        if (type.id != frame::TypeId::boolean) return false;
    return signature.result.id == frame::TypeId::boolean && !signature.arguments.empty();
}

template <bool is_and>
Result<BoundFunction> bind_conjunction(const Signature& signature) {
    if (!are_booleans(signature)) return no_overload(signature);
    return BoundFunction{conjunction<is_and>, nullptr};
}

// Operands in turn, each only for the rows that the ones before it leave open; NULL is false.
template <bool is_and>
void condition(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), open = rows, failed = 0, truth = 0;
        for (const Vector* argument : call.arguments) {
            failed |= argument->failed[w] & open;
            uint64_t holds = true_bits(*argument, w, open & ~failed);
            truth |= holds;
            open = is_and ? holds : open & ~(holds | failed);
        }
        call.out.failed[w] = failed;
        put_bits(call, w, rows & ~failed, is_and ? open : truth);
    }
}

template <bool is_and>
Result<BoundFunction> bind_condition(const Signature& signature) {
    if (!are_booleans(signature)) return no_overload(signature);
    return BoundFunction{condition<is_and>, nullptr};
}

template <bool wants_null>
void null_test(const Call& call) {
    const Vector& in = *call.arguments[0];
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), failed = in.failed[w] & rows;
        call.out.failed[w] = failed;
        put_bits(call, w, rows & ~failed, wants_null ? ~in.valid[w] : in.valid[w]);
    }
}

template <bool wants_null>
Result<BoundFunction> bind_null_test(const Signature& signature) {
    bool fits = signature.arguments.size() == 1 && signature.result.id == frame::TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{null_test<wants_null>, nullptr};
}

// Takes over value, NULL and failure of `from` for the rows in `bits`.
template <class T>
void take_rows(const Call& call, const Vector& from, size_t word, uint64_t bits) {
    call.out.valid[word] |= from.valid[word] & bits;
    call.out.failed[word] |= from.failed[word] & bits;
    for_bits(from.valid[word] & bits, word * 64,
             [&](size_t row) { call.out.values<T>()[row] = from.values<T>()[row]; });
}

// Arguments: when, then, when, then, ..., else. Only the chosen branch can fail a row, and a
// condition only where no earlier one held.
template <class T>
void case_rows(const Call& call) {
    size_t pairs = call.arguments.size() / 2;
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t left = row_bits(w, call.row_count);
        call.out.valid[w] = call.out.failed[w] = 0;
        for (size_t i = 0; i < pairs && left != 0; ++i) {
            const Vector& when = *call.arguments[2 * i];
            uint64_t failed = when.failed[w] & left, chosen = true_bits(when, w, left);
            call.out.failed[w] |= failed;
            take_rows<T>(call, *call.arguments[2 * i + 1], w, chosen);
            left &= ~(chosen | failed);
        }
        take_rows<T>(call, *call.arguments.back(), w, left);
    }
}

Result<BoundFunction> bind_case(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() < 3 || types.size() % 2 == 0) return no_overload(signature);
    for (size_t i = 0; i < types.size(); ++i) {
        bool is_when = i % 2 == 0 && i + 1 < types.size();
        bool fits = is_when ? types[i].id == frame::TypeId::boolean : types[i] == signature.result;
        if (!fits) return no_overload(signature);
    }
    return BoundFunction{with_storage(storage_of(signature.result),
                                      []<class T>(Tag<T>) -> Kernel { return case_rows<T>; }),
                         nullptr};
}

template <class T>
void coalesce_rows(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t left = row_bits(w, call.row_count);
        call.out.valid[w] = call.out.failed[w] = 0;
        for (const Vector* argument : call.arguments) {
            take_rows<T>(call, *argument, w, left);
            left &= ~(argument->valid[w] | argument->failed[w]);
            if (left == 0) break;
        }
    }
}

Result<BoundFunction> bind_coalesce(const Signature& signature) {
    for (const auto& type : signature.arguments)
        if (!(type == signature.result)) return no_overload(signature);
    if (signature.arguments.empty()) return no_overload(signature);
    return BoundFunction{with_storage(storage_of(signature.result),
                                      []<class T>(Tag<T>) -> Kernel { return coalesce_rows<T>; }),
                         nullptr};
}

void negate(bool value, bool& out) { out = !value; }

}  // namespace

QUERN_REGISTER(RowFunction)({
    .name = "and",
    .summary = "True when all are true; false when one is false; else NULL.",
    .example = "(false and null) is not null",
    .bind = bind_conjunction<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "or",
    .summary = "True when one is true; false when all are false; else NULL.",
    .example = "true or null",
    .bind = bind_conjunction<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "and then",
    .summary =
        "AND in a condition of CASE: a later operand counts only where the earlier are true.",
    .example = "case when 1 > 2 and ln(0) > 1 then 1 else 2 end = 2",
    .bind = bind_condition<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "or else",
    .summary = "OR in a condition of CASE: a later operand counts only where none before is true.",
    .example = "case when 1 < 2 or ln(0) > 1 then 1 else 2 end = 1",
    .bind = bind_condition<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "not",
    .summary = "False for true, true for false.",
    .example = "not false",
    .bind = bind_as<negate, bool, bool>,
});
QUERN_REGISTER(RowFunction)({
    .name = "is null",
    .summary = "Whether the value is NULL.",
    .example = "null is null",
    .bind = bind_null_test<true>,
});
QUERN_REGISTER(RowFunction)({
    .name = "is not null",
    .summary = "Whether the value is not NULL.",
    .example = "1 is not null",
    .bind = bind_null_test<false>,
});
QUERN_REGISTER(RowFunction)({
    .name = "case",
    .summary = "The value of the first branch whose condition holds; NULLIF and IF become it.",
    .example = "case when 1 > 2 then 'a' else 'b' end = 'b'",
    .bind = bind_case,
});
QUERN_REGISTER(RowFunction)({
    .name = "coalesce",
    .summary = "The first value that is not NULL.",
    .example = "coalesce(null, 3) = 3",
    .bind = bind_coalesce,
});

}  // namespace quern::score
