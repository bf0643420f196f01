#include <algorithm>
#include <cmath>

#include "quern/train/order_statistics.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct Impute {
    std::string with = "mean";
    double value = 0;
    bool indicator = false;

    static std::vector<Param> params() {
        return {param("with", &Impute::with, "What stands in for a missing value.")
                    .one_of({"mean", "median", "mode", "constant"}),
                param("value", &Impute::value, "Of `constant`."),
                param("indicator", &Impute::indicator,
                      "Add a column that is 1 where the value was missing, if any was in "
                      "training.")};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Impute>(input.settings, "impute"));
    std::vector<double> fill;
    std::vector<uint32_t> indicated;
    for (size_t c = 0; c < input.column_count(); ++c) {
        auto values = input.known(c);
        bool is_any_missing = false;
        for (size_t row = 0; row < input.row_count(); ++row)
            is_any_missing = is_any_missing || std::isnan(input.at(row, c));
        if (settings.indicator && is_any_missing) indicated.push_back(static_cast<uint32_t>(c));
        if (settings.with == "constant") {
            fill.push_back(settings.value);
        } else if (settings.with == "mode") {
            fill.push_back(mode_of(std::move(values)));
        } else if (settings.with == "median" && !values.empty()) {
            std::ranges::sort(values);
            fill.push_back(quantile_of(values, 0.5));
        } else {
            fill.push_back(moments_of(values).mean);
        }
    }
    score::Buffers learned{{"fill", fill}};
    if (!indicated.empty()) learned["indicated"] = indicated;
    return FittedTransform{"impute", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "impute",
    .summary =
        "Puts a number where the value is missing. For texts write coalesce(city, '?') for a "
        "constant, one_hot(city, missing := 'mode') for the most frequent, and city is null "
        "for an indicator.",
    .reference = "scikit-learn's SimpleImputer",
    .example = "impute(income, with := 'median', indicator := true)",
    .takes = Takes::numbers,
    .params = Impute::params(),
    .check_settings = check_params<Impute>,
    .fit = fit,
});

}  // namespace quern::train
