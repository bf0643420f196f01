// Loops for row functions: an operation on values becomes a kernel over columns, with DuckDB's
// usual rules: a failed argument fails the row, else a NULL argument makes it NULL.
#pragma once

#include <bit>
#include <tuple>
#include <utility>

#include "quern/score/function.h"
#include "quern/score/storage.h"

namespace quern::score {

enum class Row : uint8_t { value, null, failed };

constexpr uint64_t kAllRows = ~uint64_t{0};

inline size_t word_count(size_t row_count) { return (row_count + 63) / 64; }
// The bits of word `word` that stand for rows.
inline uint64_t row_bits(size_t word, size_t row_count) {
    size_t left = row_count - word * 64;
    return left >= 64 ? kAllRows : (uint64_t{1} << left) - 1;
}

// out.valid: rows whose arguments are all valid; out.failed: rows with a failed argument.
inline void combine_arguments(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t valid = row_bits(w, call.row_count), failed = 0;
        for (const Vector* argument : call.arguments) {
            valid &= argument->valid[w];
            failed |= argument->failed[w];
        }
        call.out.valid[w] = valid;
        call.out.failed[w] = failed;
    }
}

template <class F>
void for_bits(uint64_t bits, size_t first_row, F f) {
    for (; bits != 0; bits &= bits - 1) f(first_row + static_cast<size_t>(std::countr_zero(bits)));
}

inline void set_outcome(Vector& out, size_t row, Row outcome) {
    uint64_t bit = uint64_t{1} << (row % 64);
    if (outcome != Row::value) out.valid[row / 64] &= ~bit;
    if (outcome == Row::failed) out.failed[row / 64] |= bit;
}

template <class Out, class... In, class Op, size_t... I>
void map_rows(const Call& call, Op op, std::index_sequence<I...>) {
    combine_arguments(call);
    Out* out = call.out.values<Out>();
    std::tuple<const In*...> in{call.arguments[I]->values<In>()...};
    auto one = [&](size_t row) {
        if constexpr (std::is_void_v<decltype(op(std::declval<const In&>()..., *out))>) {
            op(std::get<I>(in)[row]..., out[row]);
        } else {
            Row outcome = op(std::get<I>(in)[row]..., out[row]);
            if (outcome != Row::value) [[unlikely]]
                set_outcome(call.out, row, outcome);
        }
    };
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t todo = call.out.valid[w];
        if (todo == kAllRows) {
            for (size_t row = w * 64; row < w * 64 + 64; ++row) one(row);
        } else {
            for_bits(todo, w * 64, one);
        }
    }
}

// op(In..., Out&) -> void, or Row where a value may be missing.
template <class Out, class... In, class Op>
void map_rows(const Call& call, Op op) {
    map_rows<Out, In...>(call, op, std::index_sequence_for<In...>());
}

// Whether the storage of each argument and of the result is what these types say.
template <class Out, class... In>
bool fits(const Signature& signature) {
    if (signature.arguments.size() != sizeof...(In)) return false;
    auto is = [](const frame::Type& type, auto tag) {
        return with_storage(storage_of(type), [&](auto found) {
            return std::is_same_v<decltype(found), decltype(tag)>;
        });
    };
    size_t i = 0;
    return (is(signature.arguments[i++], Tag<In>()) && ...) && is(signature.result, Tag<Out>());
}

Status no_overload(const Signature& signature);
// "(INTEGER, VARCHAR) -> DOUBLE"
std::string signature_text(const Signature& signature);

// The binder of a function with one form and no constants: bind_as<run, Out, In...>.
template <auto run, class Out, class... In>
Result<BoundFunction> bind_as(const Signature& signature) {
    if (!fits<Out, In...>(signature)) return no_overload(signature);
    return BoundFunction{[](const Call& call) { map_rows<Out, In...>(call, run); }, nullptr};
}

// The binder of a function that has one form for each storage: choose(Tag<T>) gives the kernel for
// the storage of `type`, or null where there is none.
template <class F>
Result<BoundFunction> bind_by_storage(const Signature& signature, const frame::Type& type,
                                      F choose) {
    Kernel kernel = with_storage(storage_of(type), [&](auto tag) -> Kernel { return choose(tag); });
    if (kernel == nullptr) return no_overload(signature);
    return BoundFunction{kernel, nullptr};
}

// The value of a constant argument; null when it is not constant or NULL.
template <class T>
const T* constant_value(const Signature& signature, size_t argument) {
    const Constant* constant = signature.constants[argument];
    if (constant == nullptr || constant->is_null) return nullptr;
    return reinterpret_cast<const T*>(constant->bits.data());
}
const std::string* constant_text(const Signature& signature, size_t argument);

// The binder of a function f(arena, In..., text) that makes a new text in the arena.
template <auto f, class... In>
Result<BoundFunction> bind_making(const Signature& signature) {
    if (!fits<std::string_view, In...>(signature)) return no_overload(signature);
    return BoundFunction{[](const Call& call) {
                             map_rows<std::string_view, In...>(
                                 call, [&](const In&... in, std::string_view& out) {
                                     return f(call.texts, in..., out);
                                 });
                         },
                         nullptr};
}

// Copies a text made by a function into the arena; failed when the arena is full.
inline Row keep_text(const Call& call, std::string_view text, std::string_view& out) {
    char* at = call.texts.allocate(text.size());
    if (at == nullptr) return Row::failed;
    text.copy(at, text.size());
    out = {at, text.size()};
    return Row::value;
}

}  // namespace quern::score
