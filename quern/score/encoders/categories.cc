// Encoders of categories: a code, or one column each.
#include <algorithm>
#include <numeric>

#include "quern/score/encoder.h"
#include "quern/score/encoders/read.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

constexpr size_t kCategoriesMax = 1'000'000;
constexpr size_t kProbesMax = 1000;

bool takes_category(const frame::Type& type) {
    return type.id == frame::TypeId::varchar || type.id == frame::TypeId::boolean ||
           frame::is_integer(type);
}

// A fixed hash: the same on every machine, and independent of the order of look-ups.
uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0x9E3779B97F4A7C15u ^ text.size();
    for (unsigned char c : text) hash = (hash ^ c) * 0x100000001B3u;
    return hash ^ (hash >> 29);
}
uint64_t hash_of(int64_t value) {
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

Status read_categories(const frame::Type& type, const Buffers& learned, Categories& out) {
    out.type = type;
    bool is_unique = false;
    if (type.id == frame::TypeId::varchar) {
        out.names = TRY(take_buffer<std::string>(learned, "categories"));
        is_unique = out.texts.fill(out.names);
    } else {
        auto values = TRY(take_buffer<int64_t>(learned, "categories"));
        for (int64_t value : values)
            out.names.push_back(type.id == frame::TypeId::boolean ? (value ? "true" : "false")
                                                                  : std::to_string(value));
        is_unique = out.integers.fill(std::move(values));
    }
    out.count = out.names.size();
    if (!is_unique) return corrupt("a category comes twice");
    if (out.count > kCategoriesMax) return corrupt("too many categories");
    return {};
}

struct Coded {
    Categories categories;
    double unseen = -1, missing = kMissing;
};

void apply_category(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Coded& coded = *static_cast<const Coded*>(prepared);
    coded.categories.for_each(feature, row_count, [&](size_t row, size_t position, bool missing) {
        double code = missing                              ? coded.missing
                      : position == coded.categories.count ? coded.unseen
                                                           : static_cast<double>(position);
        to.out[row * to.stride] = code;
    });
}

Result<BoundEncoder> bind_category(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"categories", "unseen", "missing"}));
    auto coded = std::make_shared<Coded>();
    TRY(read_categories(type, learned, coded->categories));
    coded->unseen = TRY(take_value<double>(learned, "unseen", -1));
    coded->missing = TRY(take_value<double>(learned, "missing", kMissing));
    return BoundEncoder{apply_category, coded, {""}};
}

struct OneHot {
    Categories categories;
    bool has_unseen = false, has_missing = false;
    size_t column_count = 0;
};

void apply_one_hot(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const OneHot& one_hot = *static_cast<const OneHot*>(prepared);
    size_t count = one_hot.categories.count;
    one_hot.categories.for_each(feature, row_count, [&](size_t row, size_t position, bool missing) {
        double* out = to.out + row * to.stride;
        std::fill_n(out, one_hot.column_count, 0.0);
        if (position < count)
            out[position] = 1;
        else if (missing && one_hot.has_missing)
            out[count + one_hot.has_unseen] = 1;
        else if (!missing && one_hot.has_unseen)
            out[count] = 1;
    });
}

Result<BoundEncoder> bind_one_hot(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"categories", "unseen", "missing"}));
    auto one_hot = std::make_shared<OneHot>();
    TRY(read_categories(type, learned, one_hot->categories));
    one_hot->has_unseen = TRY(take_value<uint8_t>(learned, "unseen", 0)) != 0;
    one_hot->has_missing = TRY(take_value<uint8_t>(learned, "missing", 0)) != 0;
    BoundEncoder encoder{apply_one_hot, one_hot, {}};
    for (const std::string& name : one_hot->categories.names) encoder.columns.push_back("=" + name);
    if (one_hot->has_unseen) encoder.columns.push_back("=(other)");
    if (one_hot->has_missing) encoder.columns.push_back("=(missing)");
    one_hot->column_count = encoder.columns.size();
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "category",
    .summary = "The position of the category in the list that training saw.",
    .learned = "texts or int64 categories; doubles [unseen], [missing]",
    .takes = takes_category,
    .bind = bind_category,
});

QUERN_REGISTER(Encoder)({
    .name = "one_hot",
    .summary = "A column of 0 and 1 for each category that training saw.",
    .learned = "texts or int64 categories; uint8 [unseen], [missing]",
    .takes = takes_category,
    .bind = bind_one_hot,
});

}  // namespace quern::score
