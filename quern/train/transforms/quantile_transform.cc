#include <algorithm>

#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct QuantileTransform {
    std::string to = "uniform";
    int64_t landmarks = 1000;

    static std::vector<Param> params() {
        return {
            param("to", &QuantileTransform::to, "What the values are spread like.")
                .one_of({"uniform", "normal"}),
            param("landmarks", &QuantileTransform::landmarks,
                  "Quantiles that are kept, at most one a row; between them lie straight lines.")
                .in(2, 100'000)};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings =
        TRY(parse_params<QuantileTransform>(input.settings, "quantile_transform"));
    const size_t count =
        std::clamp<size_t>(input.row_count(), 1, static_cast<size_t>(settings.landmarks));
    const double step = count > 1 ? 1 / static_cast<double>(count - 1) : 0;
    std::vector<double> landmarks;
    for (size_t c = 0; c < input.column_count(); ++c) {
        auto values = input.known(c);
        if (values.empty()) values = {0};
        std::ranges::sort(values);
        double last = values.front();
        for (size_t i = 0; i < count; ++i) {
            // Rounding must not let them fall.
            last =
                std::max(last, quantile_of(values, std::min(1.0, static_cast<double>(i) * step)));
            landmarks.push_back(i + 1 == count && count > 1 ? values.back() : last);
        }
    }
    score::Buffers learned{{"landmarks", landmarks}};
    if (settings.to == "normal") learned["normal"] = std::vector<uint8_t>{1};
    return FittedTransform{"quantile", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "quantile_transform",
    .summary = "Where the value stands among those of training, from 0 to 1, or as normal values.",
    .reference = "scikit-learn's QuantileTransformer(subsample=None)",
    .example = "quantile_transform(income, to := 'normal')",
    .takes = Takes::numbers,
    .params = QuantileTransform::params(),
    .check_settings = check_params<QuantileTransform>,
    .fit = fit,
});

}  // namespace quern::train
