#include <algorithm>
#include <cmath>

#include "quern/train/transform.h"

namespace quern::train {
namespace {

Result<FittedTransform> fit(const TransformInput& input) {
    std::vector<double> scale;
    for (size_t c = 0; c < input.column_count(); ++c) {
        double largest = 0;
        for (const double value : input.known(c)) largest = std::max(largest, std::abs(value));
        scale.push_back(largest > 0 ? largest : 1);
    }
    const std::vector<double> zero(input.column_count());
    return affine(zero, std::move(scale), zero);
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "max_abs_scale",
    .summary = "Divides by the largest absolute value; zero stays zero.",
    .reference = "scikit-learn's MaxAbsScaler",
    .example = "max_abs_scale(balance)",
    .takes = Takes::numbers,
    .params = {},
    .check_settings = check_params<NoSettings>,
    .fit = fit,
});

}  // namespace quern::train
