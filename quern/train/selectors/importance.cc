#include <numeric>

#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct Importance {
    double keep = 0;
    int64_t trees = 100;

    static std::vector<Param> params() {
        return {param("keep", &Importance::keep,
                      "How many columns stay; below 1, which share of them; 0: those above the "
                      "mean.")
                    .at_least(0),
                param("trees", &Importance::trees, "That are grown to ask.").in(1, 10'000)};
    }
};

Result<Selected> keep_important(const SelectorInput& input) {
    const auto settings = TRY(parse_params<Importance>(input.settings, "importance"));
    const auto* gbdt = TRY(find_learner("gbdt"));
    FitInput fit_input = input.fit;
    fit_input.validation = {};
    fit_input.settings = Tree::map(
        {Tree::Entry{"num_iterations", Tree::scalar(std::to_string(settings.trees)), {}}});
    auto fitted = TRY(fit(*gbdt, fit_input));
    const double mean = 1 / static_cast<double>(input.column_count());
    if (settings.keep > 0) return keep_best(std::move(fitted.importance), settings.keep);
    Selected selected{.scores = std::move(fitted.importance), .is_kept = {}};
    const double total = std::accumulate(selected.scores.begin(), selected.scores.end(), 0.0);
    for (const double score : selected.scores) selected.is_kept.push_back(score >= mean * total);
    return selected;
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "importance",
    .summary = "Keeps the columns that boosted trees gain most by.",
    .reference = "scikit-learn's SelectFromModel(LGBMClassifier(importance_type='gain')), of "
                 "numbers LGBMRegressor",
    .example = "select: {method: importance, keep: 20}",
    .measure = "share of the gain",
    .params = Importance::params(),
    .check_settings = check_params<Importance>,
    .select = keep_important,
});

}  // namespace quern::train
