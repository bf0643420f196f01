#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct Cycle {
    std::vector<std::string> parts;

    static std::vector<Param> params() {
        return {param("parts", &Cycle::parts,
                      "Default: month and day_of_week, of timestamps also hour.")
                    .one_of({"month", "day", "day_of_year", "day_of_week", "hour", "minute",
                             "second"})};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    auto parts = TRY(parse_params<Cycle>(input.settings, "cycle")).parts;
    if (parts.empty()) {
        parts = {"month", "day_of_week"};
        if (input.feature->type().id != frame::TypeId::date) parts.emplace_back("hour");
    }
    return FittedTransform{"cycle", {{"parts", parts}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "cycle",
    .summary = "Parts of a date as sine and cosine, so that December lies beside January.",
    .reference = "sin and cos of 2 pi part / period, as in scikit-learn's guide to time-related "
                 "features",
    .example = "cycle(ordered_at, parts := ['hour', 'day_of_week'])",
    .takes = Takes::date,
    .params = Cycle::params(),
    .check_settings = check_params<Cycle>,
    .fit = fit,
});

}  // namespace quern::train
