#include <algorithm>
#include <charconv>

#include "quern/train/categories.h"

namespace quern::train {
namespace {

struct OrdinalEncode {
    std::vector<std::string> order;
    double unseen = -1;
    std::string missing = "own";

    static std::vector<Param> params() {
        return {param("order", &OrdinalEncode::order,
                      "The categories from first to last; default: sorted."),
                param("unseen", &OrdinalEncode::unseen,
                      "The number of a category that is not among them."),
                missing_param(&OrdinalEncode::missing)};
    }
};

Result<score::Buffer> written_order(const OrdinalEncode& settings, bool is_text) {
    if (is_text) return score::Buffer(settings.order);
    std::vector<int64_t> integers;
    for (const auto& text : settings.order) {
        int64_t value = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
        if (text.empty() || end != text.data() + text.size())
            return invalid_argument("'order' of an integer must be integers, got '" + text + "'");
        integers.push_back(value);
    }
    return score::Buffer(std::move(integers));
}

Status check(const Tree& settings, std::string_view name) {
    auto order = TRY(parse_params<OrdinalEncode>(settings, name)).order;
    std::ranges::sort(order);
    const auto twice = std::ranges::adjacent_find(order);
    if (twice == order.end()) return {};
    return invalid_argument("'order' names '" + *twice + "' twice").at(settings.place.text());
}

// The number that the category gets.
double code_of(const std::string& name, const OrdinalEncode& settings,
               const Categories& categories) {
    if (settings.order.empty()) return static_cast<double>(categories.most_frequent());
    const auto at = std::ranges::find(settings.order, name);
    return at == settings.order.end() ? settings.unseen
                                      : static_cast<double>(at - settings.order.begin());
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<OrdinalEncode>(input.settings, "ordinal_encode"));
    const Categories categories = TRY(read_categories(input));
    score::Buffers learned{{"unseen", std::vector<double>{settings.unseen}}};
    learned["categories"] = settings.order.empty()
                                ? categories.buffer()
                                : TRY(written_order(settings, categories.is_text));
    if (settings.missing == "mode" && categories.count() > 0)
        learned["missing"] = std::vector<double>{
            code_of(categories.name(categories.most_frequent()), settings, categories)};
    return FittedTransform{"category", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "ordinal_encode",
    .summary = "The category's position as a number: 0, 1, 2.",
    .reference = "scikit-learn's OrdinalEncoder(handle_unknown='use_encoded_value', "
                 "unknown_value=-1)",
    .example = "ordinal_encode(size, order := ['small', 'medium', 'large'])",
    .takes = Takes::category,
    .params = OrdinalEncode::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
