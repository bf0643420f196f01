// Gradient boosted trees by LightGBM, with early stopping on rows set aside.
#include <algorithm>
#include <cmath>

#include "quern/evaluate/metric.h"
#include "quern/train/boosting.h"

namespace quern::train {
namespace {

struct Gbdt {
    int64_t num_iterations = 100, num_leaves = 31, max_depth = -1, min_data_in_leaf = 20;
    int64_t bagging_freq = 0, max_bin = 255, min_data_per_group = 100, max_cat_threshold = 32;
    int64_t max_cat_to_onehot = 4, early_stopping_rounds = 0;
    double learning_rate = 0.1, min_sum_hessian_in_leaf = 1e-3, min_gain_to_split = 0;
    double lambda_l1 = 0, lambda_l2 = 0, feature_fraction = 1, feature_fraction_bynode = 1;
    double bagging_fraction = 1, cat_smooth = 10, cat_l2 = 10, path_smooth = 0;
    double scale_pos_weight = 1, validation_fraction = 0.1;
    double linear_lambda = 0;
    bool extra_trees = false, linear_tree = false;

    static std::vector<Param> params() {
        std::vector<Param> list = growth();
        std::vector<Param> more = sampling();
        std::ranges::move(more, std::back_inserter(list));
        return list;
    }

    // The keys that are LightGBM's own, as LightGBM reads them.
    std::string lightgbm_text() const;

private:
    static std::vector<Param> growth();
    static std::vector<Param> sampling();
};

std::vector<Param> Gbdt::growth() {
    using G = Gbdt;
    return {
        param("num_iterations", &G::num_iterations, "Trees (per class) at most.").in(1, 100'000),
        param("learning_rate", &G::learning_rate, "How much of each tree is added.")
            .range(0, 1, true, false),
        param("num_leaves", &G::num_leaves, "Leaves of a tree at most.").in(2, 131'072),
        param("max_depth", &G::max_depth, "Deepest leaf; -1 for no limit.").in(-1, 512),
        param("min_data_in_leaf", &G::min_data_in_leaf, "Rows that a leaf needs.").in(0, 1e9),
        param("min_sum_hessian_in_leaf", &G::min_sum_hessian_in_leaf,
              "Sum of second derivatives that a leaf needs.")
            .at_least(0),
        param("min_gain_to_split", &G::min_gain_to_split, "Gain that a split needs.").at_least(0),
        param("lambda_l1", &G::lambda_l1, "L1 penalty on leaf values.").at_least(0),
        param("lambda_l2", &G::lambda_l2, "L2 penalty on leaf values.").at_least(0),
        param("path_smooth", &G::path_smooth, "Pulls a leaf towards its parent; 0 is off.")
            .at_least(0),
        param("max_bin", &G::max_bin, "Bins of a column at most.").in(2, 65'535),
        param("linear_tree", &G::linear_tree,
              "Fits a linear model of the numeric columns in each leaf; such a model cannot tell "
              "what moved its scores."),
        param("linear_lambda", &G::linear_lambda, "L2 penalty of linear_tree.").at_least(0),
        param("early_stopping_rounds", &G::early_stopping_rounds,
              "Stops after so many iterations without a better metric on validation rows, and "
              "keeps the best; 0 is off.")
            .in(0, 100'000),
        param("validation_fraction", &G::validation_fraction,
              "Share of the training rows that early stopping sets aside.")
            .range(0, 0.5, true, false),
    };
}

std::vector<Param> Gbdt::sampling() {
    using G = Gbdt;
    return {
        param("feature_fraction", &G::feature_fraction, "Share of the columns that a tree sees.")
            .range(0, 1, true, false),
        param("feature_fraction_bynode", &G::feature_fraction_bynode,
              "Share of the columns that a split sees.")
            .range(0, 1, true, false),
        param("bagging_fraction", &G::bagging_fraction,
              "Share of the rows that a tree sees; below 1, bagging_freq 0 counts as 1.")
            .range(0, 1, true, false),
        param("bagging_freq", &G::bagging_freq, "Draws rows anew every so many iterations.")
            .in(0, 100'000),
        param("extra_trees", &G::extra_trees, "Draws one random threshold a column and split."),
        param("min_data_per_group", &G::min_data_per_group, "Rows that a category group needs.")
            .in(1, 1e9),
        param("max_cat_threshold", &G::max_cat_threshold, "Categories on a split's smaller side.")
            .in(1, 100'000),
        param("max_cat_to_onehot", &G::max_cat_to_onehot,
              "Columns of so few categories split one against the rest.")
            .in(1, 100'000),
        param("cat_smooth", &G::cat_smooth, "Tames the noise of rare categories.").at_least(0),
        param("cat_l2", &G::cat_l2, "L2 penalty in categorical splits.").at_least(0),
        param("scale_pos_weight", &G::scale_pos_weight,
              "Weight of positive rows (two classes only).")
            .above(0),
    };
}

std::string Gbdt::lightgbm_text() const {
    std::string text;
    const auto put = [&](std::string_view name, const auto& value) {
        text += ' ' + std::string(name) + '=' + detail::show_value(value);
    };
    put("learning_rate", learning_rate);
    put("num_leaves", num_leaves);
    put("max_depth", max_depth);
    put("min_data_in_leaf", min_data_in_leaf);
    put("min_sum_hessian_in_leaf", min_sum_hessian_in_leaf);
    put("min_gain_to_split", min_gain_to_split);
    put("lambda_l1", lambda_l1);
    put("lambda_l2", lambda_l2);
    put("path_smooth", path_smooth);
    put("max_bin", max_bin);
    put("feature_fraction", feature_fraction);
    put("feature_fraction_bynode", feature_fraction_bynode);
    put("bagging_fraction", bagging_fraction);
    put("bagging_freq", bagging_fraction < 1 ? std::max<int64_t>(1, bagging_freq) : bagging_freq);
    put("extra_trees", extra_trees);
    put("min_data_per_group", min_data_per_group);
    put("max_cat_threshold", max_cat_threshold);
    put("max_cat_to_onehot", max_cat_to_onehot);
    put("cat_smooth", cat_smooth);
    put("cat_l2", cat_l2);
    if (linear_tree) {
        put("linear_tree", true);
        put("linear_lambda", linear_lambda);
    }
    if (scale_pos_weight != 1) put("scale_pos_weight", scale_pos_weight);
    return text;
}

// Watches a metric on the validation rows. quern measures it itself, on one thread: LightGBM's
// own metrics are sums whose last digit depends on the number of threads.
class EarlyStop {
public:
    static Result<EarlyStop> make(const FitInput& input) {
        EarlyStop stop;
        const char* usual = input.task == Task::regress ? "rmse" : "log_loss";
        stop.metric_ = TRY(Registry<evaluate::Metric>::of_kind().find(
            input.metric.empty() ? usual : input.metric));
        if (!stop.metric_->fits(input.task)) {
            return invalid_argument("metric '" + input.metric + "' does not fit the task");
        }
        const auto& [matrix, targets, weights] = input.validation;
        stop.judged_.task = input.task;
        stop.judged_.class_count = input.class_count;
        stop.labels_.assign(targets.begin(), targets.end());
        stop.targets_ = targets;
        stop.weights_ = weights;
        return stop;
    }

    Result<double> measure(std::vector<double>& outputs) {
        const size_t rows = targets_.size();
        judged_.weights = weights_;
        if (judged_.task == Task::regress) {
            judged_.targets = targets_;
            judged_.values = outputs;
            return metric_->compute(judged_);
        }
        judged_.labels = labels_;
        predicted_.resize(rows);
        if (judged_.is_binary()) {
            for (size_t row = 0; row < rows; ++row) predicted_[row] = outputs[row] >= 0.5;
        } else {
            by_row(outputs);
        }
        judged_.predicted = predicted_;
        judged_.probabilities = outputs;
        return metric_->compute(judged_);
    }

    bool is_better(double value, double than) const {
        return metric_->higher_is_better ? value > than : value < than;
    }

private:
    // LightGBM gives [class][row].
    void by_row(std::vector<double>& outputs) {
        const size_t rows = targets_.size();
        const auto classes = static_cast<size_t>(judged_.class_count);
        turned_.resize(outputs.size());
        for (size_t row = 0; row < rows; ++row) {
            for (size_t k = 0; k < classes; ++k) {
                turned_[row * classes + k] = outputs[k * rows + row];
            }
            const auto first = turned_.begin() + static_cast<ptrdiff_t>(row * classes);
            const auto most = std::max_element(first, first + static_cast<ptrdiff_t>(classes));
            predicted_[row] = static_cast<int32_t>(most - first);
        }
        outputs.swap(turned_);
    }

    const evaluate::Metric* metric_ = nullptr;
    evaluate::Judged judged_;
    std::vector<int32_t> labels_, predicted_;
    std::span<const double> targets_, weights_;
    std::vector<double> turned_;
};

Status boost(const Gbdt& settings, const FitInput& input, Booster& booster, Fitted& fitted) {
    const bool has_validation =
        settings.early_stopping_rounds > 0 && input.validation.matrix.row_count > 0;
    EarlyStop stop;
    if (has_validation) stop = TRY(EarlyStop::make(input));
    std::vector<double> outputs;
    for (int64_t i = 0; i < settings.num_iterations; ++i) {
        TRY(input.watch.check());
        const bool is_finished = TRY(booster.update());
        if (is_finished && i > 0) break;
        fitted.iterations = i + 1;
        if (input.watch.progress) input.watch.progress(i + 1, settings.num_iterations);
        if (has_validation) {
            TRY(booster.validation_scores(outputs));
            fitted.curve.push_back(TRY(stop.measure(outputs)));
            const auto best = static_cast<size_t>(std::max<int64_t>(1, fitted.best_iteration) - 1);
            if (i == 0 || stop.is_better(fitted.curve.back(), fitted.curve[best])) {
                fitted.best_iteration = i + 1;
            }
            if (i + 1 - fitted.best_iteration >= settings.early_stopping_rounds) break;
        }
        if (is_finished) break;
    }
    if (fitted.best_iteration == 0) fitted.best_iteration = fitted.iterations;
    return {};
}

Result<double> validation_share(const Tree& tree) {
    const auto settings = TRY(parse_params<Gbdt>(tree, "gbdt"));
    return settings.early_stopping_rounds > 0 ? settings.validation_fraction : 0;
}

Result<Fitted> fit_gbdt(const FitInput& whole) {
    const auto settings = TRY(parse_params<Gbdt>(whole.settings, "gbdt"));
    FitInput input = whole;
    // Sums of linear leaves are added up by thread, so their last digit hangs on how many.
    if (settings.linear_tree) input.threads = 1;
    const std::string parameters = boosting_parameters(input) + settings.lightgbm_text();
    const auto data = TRY(BoosterData::make(input.lesson, parameters, nullptr));
    auto booster = TRY(Booster::make(data, parameters));
    BoosterData validation;
    if (settings.early_stopping_rounds > 0 && input.validation.matrix.row_count > 0) {
        validation = TRY(BoosterData::make(input.validation, parameters, &data));
        TRY(booster.add_validation(validation));
    }
    Fitted fitted;
    TRY(boost(settings, input, booster, fitted));
    TRY(keep_trees(booster, input, fitted.best_iteration, fitted));
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "gbdt",
  .summary = "Gradient boosted decision trees: the strongest single learner on most tables.",
  .source = "LightGBM 4.7.0 (Ke et al. 2017)",
  .example = "algorithm: {gbdt: {num_iterations: 300, early_stopping_rounds: 20}}",
  .taste = Taste::native,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = Gbdt::params(),
  .check_settings = [](const Tree& tree) { return parse_params<Gbdt>(tree, "gbdt").status(); },
  .validation_share = validation_share,
  .fit = fit_gbdt});

}  // namespace
}  // namespace quern::train
