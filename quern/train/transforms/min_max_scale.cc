#include <algorithm>

#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct MinMaxScale {
    double low = 0, high = 1;

    static std::vector<Param> params() {
        return {param("low", &MinMaxScale::low, "What the smallest value becomes."),
                param("high", &MinMaxScale::high, "What the largest value becomes.")};
    }
};

Status check(const Tree& settings, std::string_view name) {
    const auto parsed = TRY(parse_params<MinMaxScale>(settings, name));
    if (parsed.low < parsed.high) return {};
    return invalid_argument("'low' must be below 'high'").at(settings.place.text());
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<MinMaxScale>(input.settings, "min_max_scale"));
    std::vector<double> center, scale;
    for (size_t c = 0; c < input.column_count(); ++c) {
        const auto values = input.known(c);
        const double low = values.empty() ? 0 : std::ranges::min(values);
        const double range = values.empty() ? 0 : std::ranges::max(values) - low;
        center.push_back(low);
        scale.push_back((range > 0 ? range : 1) / (settings.high - settings.low));
    }
    return affine(std::move(center), std::move(scale),
                  std::vector<double>(input.column_count(), settings.low));
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "min_max_scale",
    .summary = "Moves the values seen in training into a range; later ones may lie outside.",
    .reference = "scikit-learn's MinMaxScaler",
    .example = "min_max_scale(age, low := -1)",
    .takes = Takes::numbers,
    .params = MinMaxScale::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
