#include <algorithm>
#include <cmath>

#include "quern/train/order_statistics.h"
#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct Variance {
    double threshold = 0;

    static std::vector<Param> params() {
        return {
            param("threshold", &Variance::threshold, "Columns whose variance is not above this go.")
                .at_least(0)};
    }
};

double variance_of(std::span<const double> numbers) {
    std::vector<double> known;
    std::ranges::copy_if(numbers, std::back_inserter(known),
                         [](double number) { return !std::isnan(number); });
    const double deviation = moments_of(known).deviation;  // of a constant column exactly 0
    return deviation * deviation;
}

Result<Selected> keep_moving(const SelectorInput& input) {
    const auto settings = TRY(parse_params<Variance>(input.settings, "variance"));
    Selected selected{.scores = score_numbers(input.matrix(), variance_of), .is_kept = {}};
    for (const double score : selected.scores)
        selected.is_kept.push_back(score > settings.threshold);
    return selected;
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "variance",
    .summary = "Keeps what varies: a column that is always the same, or nearly, says nothing. The "
               "unit counts, so scale columns alike before you set a threshold.",
    .reference = "scikit-learn's VarianceThreshold",
    .example = "select: {method: variance, threshold: 0.01}",
    .measure = "variance",
    .params = Variance::params(),
    .check_settings = check_params<Variance>,
    .select = keep_moving,
});

}  // namespace quern::train
