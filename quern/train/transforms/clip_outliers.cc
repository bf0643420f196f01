#include <algorithm>
#include <cmath>
#include <optional>

#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct ClipOutliers {
    std::string by = "iqr";
    std::optional<double> reach;

    static std::vector<Param> params() {
        return {param("by", &ClipOutliers::by, "What the range is measured by.")
                    .one_of({"iqr", "z", "mad"}),
                param("reach", &ClipOutliers::reach,
                      "How far it goes: interquartile ranges beyond the quartiles (default 1.5), "
                      "standard deviations from the mean (3) or scaled median absolute deviations "
                      "from the median (3.5).")
                    .above(0)};
    }
};

struct Range {
    double low = 0, high = 0;
};

Range range_of(std::vector<double> values, const ClipOutliers& settings) {
    if (values.empty()) return {};
    if (settings.by == "z") {
        const auto [mean, deviation] = moments_of(values);
        const double reach = settings.reach.value_or(3) * deviation;
        return {mean - reach, mean + reach};
    }
    std::ranges::sort(values);
    if (settings.by == "iqr") {
        const double low = quantile_of(values, 0.25), high = quantile_of(values, 0.75);
        const double reach = settings.reach.value_or(1.5) * (high - low);
        return {low - reach, high + reach};
    }
    const double median = quantile_of(values, 0.5);
    for (double& value : values) value = std::abs(value - median);
    std::ranges::sort(values);
    // Of a normal distribution the deviation is 1.4826 times the median one.
    const double reach =
        settings.reach.value_or(3.5) * 1.4826022185056018 * quantile_of(values, 0.5);
    return {median - reach, median + reach};
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<ClipOutliers>(input.settings, "clip_outliers"));
    std::vector<double> low, high;
    for (size_t c = 0; c < input.column_count(); ++c) {
        const Range range = range_of(input.known(c), settings);
        low.push_back(range.low);
        high.push_back(range.high);
    }
    return FittedTransform{"clip", {{"low", low}, {"high", high}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "clip_outliers",
    .summary = "Moves values outside of the usual range to its ends, infinite ones among them.",
    .reference = "Tukey's fences (1977), the z-score, and the median rule of Leys et al. (2013)",
    .example = "clip_outliers(income, by := 'mad')",
    .takes = Takes::numbers,
    .params = ClipOutliers::params(),
    .check_settings = check_params<ClipOutliers>,
    .fit = fit,
});

}  // namespace quern::train
