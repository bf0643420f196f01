#include <algorithm>
#include <numeric>

#include "quern/train/categories.h"

namespace quern::train {
namespace {

struct OneHot {
    int64_t min_count = 1;
    int64_t max_categories = 1000;
    bool drop_first = false;
    std::string missing = "own";

    static std::vector<Param> params() {
        return {param("min_count", &OneHot::min_count,
                      "Categories of fewer rows share the column \"=(other)\".")
                    .at_least(1),
                param("max_categories", &OneHot::max_categories,
                      "Most columns, \"=(other)\" among them; the rarest categories share it.")
                    .in(2, 100'000),
                param("drop_first", &OneHot::drop_first,
                      "Leave out the first category's column; the others say as much."),
                missing_param(&OneHot::missing)};
    }
};

// Of equally frequent ones, those later in order stay, as in scikit-learn.
std::vector<uint8_t> kept_categories(const Categories& categories, const OneHot& settings) {
    std::vector<uint32_t> order(categories.count());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, {}, [&](uint32_t i) { return categories.counts[i]; });
    std::vector<uint8_t> is_kept(categories.count(), 1);
    for (const uint32_t i : order)
        is_kept[i] = categories.counts[i] >= static_cast<size_t>(settings.min_count);
    auto left = static_cast<size_t>(std::ranges::count(is_kept, 1));
    const auto limit = static_cast<size_t>(settings.max_categories);
    const bool has_other = left < categories.count();
    if (left + (has_other ? 1 : 0) <= limit) return is_kept;
    for (const uint32_t i : order) {
        if (left < limit) break;
        left -= is_kept[i];
        is_kept[i] = 0;
    }
    return is_kept;
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<OneHot>(input.settings, "one_hot"));
    const Categories categories = TRY(read_categories(input));
    auto is_kept = kept_categories(categories, settings);
    const bool has_rare = std::ranges::count(is_kept, 0) > 0;
    if (settings.drop_first) {
        const auto first = std::ranges::find(is_kept, 1);
        if (first != is_kept.end()) *first = 0;
    }
    score::Buffers learned{{"categories", categories.buffer(is_kept)}};
    if (has_rare && !settings.drop_first) learned["unseen"] = std::vector<uint8_t>{1};
    if (settings.missing == "mode" && categories.count() > 0) {
        const size_t mode = categories.most_frequent();
        const auto before = is_kept.begin() + static_cast<std::ptrdiff_t>(mode);
        const auto place = static_cast<uint32_t>(std::count(is_kept.begin(), before, 1));
        if (is_kept[mode] != 0) learned["missing_as"] = std::vector<uint32_t>{place};
        return FittedTransform{"one_hot", std::move(learned)};
    }
    if (categories.missing_count > 0) learned["missing"] = std::vector<uint8_t>{1};
    return FittedTransform{"one_hot", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "one_hot",
    .summary = "A column of 0 and 1 for each category; one for rare and later unseen ones where "
               "training had rare ones, one for missing where it had any.",
    .reference = "scikit-learn's OneHotEncoder(handle_unknown='infrequent_if_exist')",
    .example = "one_hot(city, min_count := 20)",
    .takes = Takes::category,
    .params = OneHot::params(),
    .check_settings = check_params<OneHot>,
    .fit = fit,
});

}  // namespace quern::train
