#include <cmath>

#include "quern/train/categories.h"

namespace quern::train {
namespace {

struct WoeEncode {
    double regularization = 1;

    static std::vector<Param> params() {
        return {param("regularization", &WoeEncode::regularization,
                      "Rows added to each side, so that a category of one class is finite.")
                    .above(0)};
    }
};

struct Counts {
    double rows = 0, positives = 0;
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<WoeEncode>(input.settings, "woe_encode"));
    if (input.task != score::Task::classify || input.class_count != 2) {
        return invalid_argument("woe_encode is for a target of two classes")
            .hint("write target_encode(...)");
    }
    const Categories categories = TRY(read_categories(input));
    std::vector<Counts> groups(categories.count() + 1);
    Counts all;
    for (size_t i = 0; i < input.rows.size(); ++i) {
        const int32_t code = categories.codes[i];
        auto& group =
            code == Categories::kMissing ? groups.back() : groups[static_cast<size_t>(code)];
        for (Counts* counts : {&group, &all}) {
            counts->rows += 1;
            counts->positives += input.targets[input.rows[i]];
        }
    }
    const double extra = settings.regularization;
    const auto weight = [&](const Counts& group) {
        if (group.rows <= 1) return 0.0;  // one row is no evidence
        const double negatives = group.rows - group.positives;
        const double share = (group.positives + extra) / (all.positives + 2 * extra);
        const double against = (negatives + extra) / (all.rows - all.positives + 2 * extra);
        return std::log(share / against);
    };
    std::vector<double> values;
    for (size_t i = 0; i < categories.count(); ++i) values.push_back(weight(groups[i]));
    return FittedTransform{"lookup",
                           {{"categories", categories.buffer()},
                            {"columns", std::vector<std::string>{" weight of evidence"}},
                            {"values", values},
                            {"unseen", std::vector<double>{0}},
                            {"missing", std::vector<double>{weight(groups.back())}}}};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "woe_encode",
    .summary = "Weight of evidence: the log of how much more often the category comes with the "
               "positive class than with the other. For two classes.",
    .reference = "category_encoders' WOEEncoder",
    .example = "woe_encode(region)",
    .takes = Takes::category,
    .is_cross_fitted = true,
    .params = WoeEncode::params(),
    .check_settings = check_params<WoeEncode>,
    .fit = fit,
});

}  // namespace quern::train
