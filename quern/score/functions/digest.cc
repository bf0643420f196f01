// Digests of texts and bytes, and DuckDB's own hash of any values.
#include <cmath>
#include <cstring>
#include <limits>

#include "quern/base/hash.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using Text = std::string_view;

template <std::string (*digest)(std::string_view)>
Result<BoundFunction> bind_digest(const Signature& signature) {
    if (!fits<Text, Text>(signature)) return no_overload(signature);
    return BoundFunction{[](const Call& call) {
                             map_rows<Text, Text>(call, [&](Text bytes, Text& out) {
                                 return keep_text(call, digest(bytes), out);
                             });
                         },
                         nullptr};
}

constexpr uint64_t kHashFactor = 0xd6e8feb86659fd93;
constexpr uint64_t kHashOfNull = 0xbf58476d1ce4e5b9;

uint64_t hash_bits(uint64_t bits) {
    bits ^= bits >> 32;
    bits *= kHashFactor;
    bits ^= bits >> 32;
    bits *= kHashFactor;
    return bits ^ bits >> 32;
}

uint64_t hash_text(Text text) {
    uint64_t hash = 0xe17a1465U ^ (text.size() * 0xc6a4a7935bd1e995);
    for (; !text.empty(); text.remove_prefix(std::min<size_t>(8, text.size()))) {
        uint64_t block = 0;
        std::memcpy(&block, text.data(), std::min<size_t>(8, text.size()));
        hash = (hash ^ block) * kHashFactor;
    }
    return hash_bits(hash);
}

template <class T>
uint64_t hash_value(const T& value) {
    if constexpr (kIsText<T>) {
        return hash_text(value);
    } else if constexpr (kIsFloat<T>) {
        using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
        T plain = value == 0 ? T{0} : value;  // -0.0 is 0.0, and all NaN are one
        if (std::isnan(value)) plain = std::numeric_limits<T>::quiet_NaN();
        return hash_bits(std::bit_cast<Bits>(plain));
    } else if constexpr (sizeof(T) == 16) {
        return hash_bits(static_cast<uint64_t>(value)) ^
               hash_bits(static_cast<uint64_t>(value >> 64));
    } else if constexpr (sizeof(T) == 8) {
        return hash_bits(static_cast<uint64_t>(value));
    } else {
        return hash_bits(static_cast<uint32_t>(value));
    }
}

template <class T>
void add_hashes(const Call& call, const Vector& argument, size_t word, bool is_first) {
    auto* out = call.out.values<uint64_t>();
    for_bits(call.out.valid[word], word * 64, [&](size_t row) {
        uint64_t hash =
            argument.is_valid(row) ? hash_value(argument.values<T>()[row]) : kHashOfNull;
        uint64_t before = is_first ? 0 : out[row];
        before = (before ^ before >> 32) * kHashFactor;
        out[row] = before ^ hash;
    });
}

// Never NULL: NULL has a hash of its own.
void hash_rows(const Call& call) {
    for (size_t w = 0; w < word_count(call.row_count); ++w) {
        uint64_t rows = row_bits(w, call.row_count), failed = 0;
        for (const Vector* argument : call.arguments) failed |= argument->failed[w] & rows;
        call.out.failed[w] = failed;
        call.out.valid[w] = rows & ~failed;
        for (size_t i = 0; i < call.arguments.size(); ++i)
            with_storage(storage_of(call.types[i]), [&]<class T>(Tag<T>) {
                if constexpr (!std::is_same_v<T, Interval>)
                    add_hashes<T>(call, *call.arguments[i], w, i == 0);
            });
    }
}

Result<BoundFunction> bind_hash(const Signature& signature) {
    bool fits = !signature.arguments.empty() && signature.result.id == frame::TypeId::ubigint;
    for (const auto& type : signature.arguments)
        fits = fits && (type.id != frame::TypeId::other || type.sql_name == "\"NULL\"");
    if (!fits) return no_overload(signature);
    return BoundFunction{hash_rows, nullptr};
}

}  // namespace

QUERN_ROW_FUNCTION("md5", "MD5 of the bytes, as hexadecimal digits.",
                   "md5('a') = '0cc175b9c0f1b6a831c399e269772661'", bind_digest<md5_hex>);
QUERN_ROW_FUNCTION("sha1", "SHA-1 of the bytes, as hexadecimal digits.",
                   "sha1('a') = '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'", bind_digest<sha1_hex>);
QUERN_ROW_FUNCTION("sha256", "SHA-256 of the bytes, as hexadecimal digits.",
                   "left(sha256('a'), 8) = 'ca978112'", bind_digest<sha256_hex>);
QUERN_ROW_FUNCTION("hash", "A number that spreads values evenly; the same for the same values.",
                   "hash(1, 'a') = hash(1, 'a')", bind_hash);

}  // namespace quern::score
