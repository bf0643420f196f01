// Bitwise functions of integers.
#include <bit>

#include "quern/score/functions/number.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

template <class T>
struct And {
    static void run(T a, T b, T& out) { out = static_cast<T>(a & b); }
};
template <class T>
struct Or {
    static void run(T a, T b, T& out) { out = static_cast<T>(a | b); }
};
template <class T>
struct ExclusiveOr {
    static void run(T a, T b, T& out) { out = static_cast<T>(a ^ b); }
};

// A bit that would be lost fails the row; so does the sign.
template <class T>
struct ShiftLeft {
    static Row run(T value, T shift, T& out) {
        constexpr int kShiftMax = static_cast<int>(sizeof(T)) * 8 + (number_min<T>() < 0 ? 0 : 1);
        if (value < 0 || shift < 0) return Row::failed;
        out = value;
        if (value == 0 || shift == 0) return Row::value;
        if (shift >= kShiftMax) return Row::failed;
        const int bits = static_cast<int>(shift);
        if (value >= static_cast<T>(uint128{1} << (kShiftMax - bits - 1))) return Row::failed;
        out = static_cast<T>(static_cast<uint128>(value) << bits);
        return Row::value;
    }
};

template <class T>
struct ShiftRight {
    static void run(T value, T shift, T& out) {
        const bool is_inside = shift >= 0 && shift < static_cast<T>(sizeof(T) * 8);
        out = is_inside ? static_cast<T>(value >> static_cast<int>(shift)) : T{0};
    }
};

bool are_same_integers(const Signature& signature, size_t count) {
    const auto& types = signature.arguments;
    if (types.size() != count) return false;
    for (const auto& type : types)
        if (!(type == signature.result)) return false;
    return frame::is_integer(signature.result) || signature.result.id == frame::TypeId::hugeint;
}

template <template <class> class Op>
Result<BoundFunction> bind_bits(const Signature& signature) {
    if (!are_same_integers(signature, 2)) return no_overload(signature);
    return bind_by_storage(signature, signature.result, []<class T>(Tag<T>) -> Kernel {
        if constexpr (kIsInteger<T>)
            return [](const Call& call) { map_rows<T, T, T>(call, Op<T>::run); };
        return nullptr;
    });
}

Result<BoundFunction> bind_complement(const Signature& signature) {
    if (!are_same_integers(signature, 1)) return no_overload(signature);
    return bind_by_storage(signature, signature.result, []<class T>(Tag<T>) -> Kernel {
        if constexpr (kIsInteger<T>)
            return [](const Call& call) {
                map_rows<T, T>(call, [](T value, T& out) { out = static_cast<T>(~value); });
            };
        return nullptr;
    });
}

template <class T>
void count_bits(T value, int8_t& out) {
    int count = 0;
    auto bits = static_cast<uint128>(value);
    for (size_t byte = 0; byte < sizeof(T); ++byte)
        count += std::popcount(static_cast<uint8_t>(bits >> (byte * 8)));
    out = static_cast<int8_t>(count);
}

Result<BoundFunction> bind_bit_count(const Signature& signature) {
    bool fits = signature.arguments.size() == 1 && !frame::is_text(signature.arguments[0]) &&
                signature.arguments[0].id != frame::TypeId::decimal &&
                signature.result.id == frame::TypeId::tinyint;
    if (!fits) return no_overload(signature);
    return bind_by_storage(signature, signature.arguments[0], []<class T>(Tag<T>) -> Kernel {
        if constexpr (kIsInteger<T>)
            return [](const Call& call) { map_rows<int8_t, T>(call, count_bits<T>); };
        return nullptr;
    });
}

}  // namespace

QUERN_ROW_FUNCTION("&", "Bits that both integers have.", "(12 & 10) = 8", bind_bits<And>);
QUERN_ROW_FUNCTION("|", "Bits that one of two integers has.", "(12 | 10) = 14", bind_bits<Or>);
QUERN_ROW_FUNCTION("xor", "Bits that exactly one of two integers has.", "xor(12, 10) = 6",
                   bind_bits<ExclusiveOr>);
QUERN_ROW_FUNCTION("~", "Every bit turned over.", "~5 = -6", bind_complement);
QUERN_ROW_FUNCTION("<<", "Bits moved left; the row fails when one is lost.", "(5 << 2) = 20",
                   bind_bits<ShiftLeft>);
QUERN_ROW_FUNCTION(">>", "Bits moved right; 0 when the distance is negative or too far.",
                   "(20 >> 2) = 5", bind_bits<ShiftRight>);
QUERN_ROW_FUNCTION("bit_count", "How many bits are set.", "bit_count(7) = 3", bind_bit_count);

}  // namespace quern::score
