// Boosting with dropout of trees (DART) by LightGBM: at each step some of the trees so far are left
// out, so late trees matter more than in plain boosting.
#include "quern/train/boosting.h"

namespace quern::train {
namespace {

struct Dart {
    int64_t num_iterations = 100, num_leaves = 31, min_data_in_leaf = 20, max_drop = 50;
    double learning_rate = 0.1, drop_rate = 0.1, skip_drop = 0.5, lambda_l2 = 0;

    static std::vector<Param> params() {
        using D = Dart;
        return {
            param("num_iterations", &D::num_iterations, "Trees (per class).").in(1, 10'000),
            param("learning_rate", &D::learning_rate, "How much of each tree is added.")
                .range(0, 1, true, false),
            param("num_leaves", &D::num_leaves, "Leaves of a tree at most.").in(2, 131'072),
            param("min_data_in_leaf", &D::min_data_in_leaf, "Rows that a leaf needs.").in(0, 1e9),
            param("lambda_l2", &D::lambda_l2, "L2 penalty on leaf values.").at_least(0),
            param("drop_rate", &D::drop_rate, "Share of the trees left out in a step.").in(0, 1),
            param("max_drop", &D::max_drop, "Trees left out in a step at most.").in(1, 10'000),
            param("skip_drop", &D::skip_drop, "How often a step leaves out none.").in(0, 1),
        };
    }
};

std::string parameters_text(const Dart& settings, const FitInput& input) {
    std::string text = boosting_parameters(input) + " boosting=dart";
    const auto put = [&](const char* name, const std::string& value) {
        text += std::string(" ") + name + "=" + value;
    };
    put("drop_seed", std::to_string(input.seed & 0x7fffffff));
    put("num_leaves", std::to_string(settings.num_leaves));
    put("min_data_in_leaf", std::to_string(settings.min_data_in_leaf));
    put("max_drop", std::to_string(settings.max_drop));
    put("learning_rate", detail::show_value(settings.learning_rate));
    put("lambda_l2", detail::show_value(settings.lambda_l2));
    put("drop_rate", detail::show_value(settings.drop_rate));
    put("skip_drop", detail::show_value(settings.skip_drop));
    return text;
}

Result<Fitted> fit_dart(const FitInput& input) {
    const auto settings = TRY(parse_params<Dart>(input.settings, "dart"));
    const std::string parameters = parameters_text(settings, input);
    const auto data = TRY(BoosterData::make(input.lesson, parameters, nullptr));
    auto booster = TRY(Booster::make(data, parameters));
    Fitted fitted;
    for (int64_t i = 0; i < settings.num_iterations; ++i) {
        TRY(input.watch.check());
        const bool is_finished = TRY(booster.update());
        if (is_finished && i > 0) break;
        fitted.iterations = fitted.best_iteration = i + 1;
        if (input.watch.progress) input.watch.progress(i + 1, settings.num_iterations);
        if (is_finished) break;
    }
    TRY(keep_trees(booster, input, fitted.iterations, fitted));
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "dart",
  .summary = "Boosted trees with dropout: slower than gbdt, at times a little better.",
  .source = "LightGBM 4.7.0; Vinayak and Gilad-Bachrach 2015, DART",
  .example = "algorithm: {dart: {num_iterations: 200, drop_rate: 0.1}}",
  .taste = Taste::native,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = Dart::params(),
  .check_settings = [](const Tree& tree) { return parse_params<Dart>(tree, "dart").status(); },
  .fit = fit_dart});

}  // namespace
}  // namespace quern::train
