#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct StandardScale {
    bool center = true, scale = true;

    static std::vector<Param> params() {
        return {param("center", &StandardScale::center, "Take off the mean."),
                param("scale", &StandardScale::scale, "Divide by the standard deviation.")};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<StandardScale>(input.settings, "standard_scale"));
    std::vector<double> center, scale;
    for (size_t c = 0; c < input.column_count(); ++c) {
        const auto values = input.known(c);
        const Moments moments = moments_of(values);
        center.push_back(settings.center ? moments.mean : 0);
        scale.push_back(settings.scale && moments.deviation > 0 ? moments.deviation : 1);
    }
    return affine(std::move(center), std::move(scale), std::vector<double>(input.column_count()));
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "standard_scale",
    .summary = "Takes off the mean and divides by the standard deviation (of all rows, not n - 1).",
    .reference = "scikit-learn's StandardScaler",
    .example = "standard_scale(income)",
    .takes = Takes::numbers,
    .params = StandardScale::params(),
    .check_settings = check_params<StandardScale>,
    .fit = fit,
});

}  // namespace quern::train
