#include "quern/train/categories.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "quern/base/text.h"

namespace quern::train {
namespace {

int64_t integer_at(const frame::Column& column, uint32_t row) {
    using frame::TypeId;
    switch (column.type().id) {
        case TypeId::boolean:
        case TypeId::utinyint:
            return column.value<uint8_t>(row);
        case TypeId::tinyint:
            return column.value<int8_t>(row);
        case TypeId::smallint:
            return column.value<int16_t>(row);
        case TypeId::usmallint:
            return column.value<uint16_t>(row);
        case TypeId::integer:
            return column.value<int32_t>(row);
        case TypeId::uinteger:
            return column.value<uint32_t>(row);
        default:
            return column.value<int64_t>(row);
    }
}

Status refuse_many() {
    return resource_exhausted("a feature has more than " +
                              with_thousands(static_cast<int64_t>(kCategoryValuesMax)) +
                              " categories")
        .hint("write hash_encode(...), or make it shorter in SQL");
}

// Gives each key the position that it has among the sorted keys.
template <class Key, class Names>
void sort_keys(Names& names, Categories& found) {
    std::vector<uint32_t> order(names.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return names[a] < names[b]; });
    std::vector<int32_t> place(names.size());
    Names sorted;
    std::vector<size_t> counts;
    for (const uint32_t old : order) {
        place[old] = static_cast<int32_t>(sorted.size());
        sorted.push_back(std::move(names[old]));
        counts.push_back(found.counts[old]);
    }
    for (int32_t& code : found.codes)
        if (code != Categories::kMissing) code = place[static_cast<size_t>(code)];
    names = std::move(sorted);
    found.counts = std::move(counts);
}

template <class Key, class Names, class ValueAt>
Status gather(const TransformInput& input, Names& names, Categories& found, ValueAt value_at) {
    std::unordered_map<Key, int32_t> codes;
    for (const uint32_t row : input.rows) {
        if (!input.feature->is_valid(row)) {
            found.codes.push_back(Categories::kMissing);
            ++found.missing_count;
            continue;
        }
        const Key key = value_at(row);
        const auto [place, is_new] = codes.emplace(key, static_cast<int32_t>(codes.size()));
        if (is_new) {
            if (codes.size() > kCategoryValuesMax) return refuse_many();
            names.emplace_back(key);
            found.counts.push_back(0);
        }
        ++found.counts[static_cast<size_t>(place->second)];
        found.codes.push_back(place->second);
    }
    sort_keys<Key>(names, found);
    return {};
}

}  // namespace

size_t Categories::most_frequent() const {
    return static_cast<size_t>(std::ranges::max_element(counts) - counts.begin());
}

std::string Categories::name(size_t index) const {
    return is_text ? texts[index] : std::to_string(integers[index]);
}

score::Buffer Categories::buffer(const std::vector<uint8_t>& is_kept) const {
    const auto kept = [&](const auto& all) {
        std::remove_cvref_t<decltype(all)> some;
        for (size_t i = 0; i < all.size(); ++i)
            if (is_kept[i] != 0) some.push_back(all[i]);
        return some;
    };
    if (is_text) return kept(texts);
    return kept(integers);
}

Result<Categories> read_categories(const TransformInput& input) {
    Categories found;
    found.is_text = input.feature->type().id == frame::TypeId::varchar;
    if (found.is_text) {
        TRY((gather<std::string_view>(input, found.texts, found,
                                      [&](uint32_t row) { return input.feature->text(row); })));
    } else {
        TRY((gather<int64_t>(input, found.integers, found,
                             [&](uint32_t row) { return integer_at(*input.feature, row); })));
    }
    return found;
}

}  // namespace quern::train
