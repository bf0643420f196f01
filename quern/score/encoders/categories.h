// Looking up the categories of a feature, for the encoders that go by them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/encoder.h"
#include "quern/score/kernel.h"

namespace quern::score {

constexpr size_t kCategoriesMax = 1'000'000;
constexpr size_t kProbesMax = 1000;

bool takes_category(const frame::Type& type);

// A fixed hash: the same on every machine, and independent of the order of look-ups.
inline uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0x9E3779B97F4A7C15u ^ text.size();
    for (unsigned char c : text) hash = (hash ^ c) * 0x100000001B3u;
    return hash ^ (hash >> 29);
}
inline uint64_t hash_of(int64_t value) {
    uint64_t hash = static_cast<uint64_t>(value) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

// From a value to its position: an open table, at most half full, probed one by one.
template <class Key>
class Positions {
public:
    // False when a category comes twice, or when so many share a place in the table that the file
    // must have been made for it.
    bool fill(std::vector<Key> keys) {
        keys_ = std::move(keys);
        size_t size = 4;
        while (size < keys_.size() * 2) size *= 2;
        slots_.assign(size, 0);
        for (size_t i = 0; i < keys_.size(); ++i) {
            uint32_t& slot = slot_of(keys_[i]);
            size_t home = hash_of(keys_[i]) & (size - 1);
            size_t distance = (static_cast<size_t>(&slot - slots_.data()) - home) & (size - 1);
            if (slot != 0 || distance > kProbesMax) return false;
            slot = static_cast<uint32_t>(i + 1);
        }
        return true;
    }
    // The position, or the count of categories when there is none such.
    template <class Like>
    size_t find(const Like& key) const {
        uint32_t slot = const_cast<Positions*>(this)->slot_of(key);
        return slot == 0 ? keys_.size() : slot - 1;
    }
    const std::vector<Key>& keys() const { return keys_; }

private:
    template <class Like>
    uint32_t& slot_of(const Like& key) {
        size_t mask = slots_.size() - 1, at = hash_of(key) & mask;
        while (slots_[at] != 0 && !(keys_[slots_[at] - 1] == key)) at = (at + 1) & mask;
        return slots_[at];
    }

    std::vector<Key> keys_;
    std::vector<uint32_t> slots_;
};

struct Categories {
    frame::Type type;
    Positions<std::string> texts;
    Positions<int64_t> integers;
    size_t count = 0;
    std::vector<std::string> names;

    // f(row, position, is_missing)
    template <class F>
    void for_each(const Vector& feature, size_t row_count, F f) const {
        with_storage(storage_of(type), [&]<class T>(Tag<T>) {
            for (size_t row = 0; row < row_count; ++row) {
                if (!feature.is_valid(row)) {
                    f(row, count, true);
                } else if constexpr (kIsText<T>) {
                    f(row, texts.find(feature.values<T>()[row]), false);
                } else if constexpr (std::is_same_v<T, uint64_t>) {
                    uint64_t value = feature.values<T>()[row];
                    f(row, value > INT64_MAX ? count : integers.find(static_cast<int64_t>(value)),
                      false);
                } else if constexpr (std::is_integral_v<T>) {
                    f(row, integers.find(static_cast<int64_t>(feature.values<T>()[row])), false);
                }
            }
        });
    }
};

// Reads the buffer "categories": texts, or int64 of integers and booleans.
Status read_categories(const frame::Type& type, const Buffers& learned, Categories& out);

}  // namespace quern::score
