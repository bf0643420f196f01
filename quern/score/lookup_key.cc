// Keys and times of look-ups in one form, whatever their type.
#include <cstring>

#include "quern/score/lookup_table.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

// One round of multiply and fold; every bit of the inputs reaches every bit of the output.
uint64_t fold(uint64_t a, uint64_t b) {
    const uint128 product = static_cast<uint128>(a ^ 0x9e3779b97f4a7c15ULL) *
                            static_cast<uint128>(b ^ 0xe7037ed1a0b428dbULL);
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t hash_text(std::string_view text) {
    uint64_t hash = text.size();
    for (; text.size() >= 8; text.remove_prefix(8)) {
        uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = fold(hash, word);
    }
    uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    return fold(hash, rest);
}

bool is_small_integer(const frame::Type& type) {
    return frame::is_integer(type) && type.id != frame::TypeId::ubigint &&
           type.id != frame::TypeId::hugeint;
}

}  // namespace

bool is_key_type(const frame::Type& type) {
    using frame::TypeId;
    switch (type.id) {
        case TypeId::real:
        case TypeId::float64:
        case TypeId::hugeint:
        case TypeId::blob:
        case TypeId::other:
            return false;
        case TypeId::decimal:
            return storage_of(type) != Storage::i128;
        default:
            return true;
    }
}

bool are_key_types(const frame::Type& a, const frame::Type& b) {
    return is_key_type(a) && (a == b || (is_small_integer(a) && is_small_integer(b)));
}

bool is_time_type(const frame::Type& type) {
    using frame::TypeId;
    return type.id == TypeId::date || type.id == TypeId::timestamp ||
           type.id == TypeId::timestamptz;
}

bool are_time_types(const frame::Type& a, const frame::Type& b) {
    const bool has_zone = a.id == frame::TypeId::timestamptz;
    return is_time_type(a) && is_time_type(b) && has_zone == (b.id == frame::TypeId::timestamptz);
}

int64_t key_word(const frame::ColumnView& column, size_t row) {
    return with_storage(storage_of(column.type), [&]<class T>(Tag<T>) -> int64_t {
        if constexpr (std::is_integral_v<T>) {
            return static_cast<int64_t>(column.values<T>()[row]);
        } else {
            return 0;
        }
    });
}

int64_t time_us(const frame::ColumnView& column, size_t row) {
    if (column.type.id != frame::TypeId::date) return column.values<int64_t>()[row];
    int64_t us = 0;
    const int64_t days = column.values<int32_t>()[row];  // may be past what microseconds reach
    if (__builtin_mul_overflow(days, kDayUs, &us)) return days < 0 ? INT64_MIN : INT64_MAX;
    return us;
}

uint64_t hash_key(const LookupKey& key, const std::vector<uint8_t>& is_text) {
    uint64_t hash = is_text.size();
    for (size_t i = 0; i < is_text.size(); ++i) {
        const uint64_t part =
            is_text[i] != 0 ? hash_text(key.texts[i]) : static_cast<uint64_t>(key.words[i]);
        hash = fold(hash, part);
    }
    return hash;
}

}  // namespace quern::score
