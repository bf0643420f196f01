#include <algorithm>

#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct RobustScale {
    double low = 0.25, high = 0.75;

    static std::vector<Param> params() {
        return {param("low", &RobustScale::low, "Lower quantile of the range.").in(0, 1),
                param("high", &RobustScale::high, "Upper quantile of the range.").in(0, 1)};
    }
};

Status check(const Tree& settings, std::string_view name) {
    const auto parsed = TRY(parse_params<RobustScale>(settings, name));
    if (parsed.low < parsed.high) return {};
    return invalid_argument("'low' must be below 'high'").at(settings.place.text());
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<RobustScale>(input.settings, "robust_scale"));
    std::vector<double> center, scale;
    for (size_t c = 0; c < input.column_count(); ++c) {
        auto values = input.known(c);
        if (values.empty()) values.push_back(0);
        std::ranges::sort(values);
        const double range = quantile_of(values, settings.high) - quantile_of(values, settings.low);
        center.push_back(quantile_of(values, 0.5));
        scale.push_back(range > 0 ? range : 1);
    }
    return affine(std::move(center), std::move(scale), std::vector<double>(input.column_count()));
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "robust_scale",
    .summary = "Takes off the median and divides by the range between two quantiles.",
    .reference = "scikit-learn's RobustScaler",
    .example = "robust_scale(income)",
    .takes = Takes::numbers,
    .params = RobustScale::params(),
    .check_settings = check,
    .fit = fit,
});

}  // namespace quern::train
