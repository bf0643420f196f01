#include <cmath>

#include "quern/train/lasso.h"
#include "quern/train/order_statistics.h"
#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct L1 {
    double alpha = 0.01, keep = 0;

    static std::vector<Param> params() {
        return {param("alpha", &L1::alpha, "Strength of the penalty; more leaves fewer columns.")
                    .above(0),
                param("keep", &L1::keep,
                      "At most so many columns stay; below 1, such a share; 0: all with a weight.")
                    .at_least(0)};
    }
};

// The matrix's numbers column by column, each of mean 0 and deviation 1; missing ones are the mean.
struct Scaled {
    LassoColumns columns;
    std::vector<uint32_t> of;  // column of the matrix
};

Scaled scale(const MatrixView& matrix) {
    Scaled scaled;
    for_each_numbers(matrix, [&](size_t column, std::span<const double> numbers) {
        std::vector<double> known;
        for (const double number : numbers)
            if (!std::isnan(number)) known.push_back(number);
        const auto [mean, deviation] = moments_of(known);
        auto& to = scaled.columns.emplace_back();
        for (const double number : numbers)
            to.push_back(std::isnan(number) || deviation == 0 ? 0 : (number - mean) / deviation);
        scaled.of.push_back(static_cast<uint32_t>(column));
    });
    return scaled;
}

// By column of the matrix, the sum of the weights' sizes: of two classes of one model, of more of
// one model for each class against the others.
Result<std::vector<double>> sizes_of_weights(const SelectorInput& input, double alpha) {
    const Scaled scaled = scale(input.matrix());
    const LassoSettings settings{.alpha = alpha, .watch = &input.fit.watch};
    const auto targets = input.fit.lesson.targets;
    std::vector<double> sizes(input.column_count());
    const auto add = [&](const std::vector<double>& weights) {
        for (size_t i = 0; i < weights.size(); ++i) sizes[scaled.of[i]] += std::abs(weights[i]);
    };
    std::vector<double> own(targets.begin(), targets.end());
    if (input.fit.task == Task::regress) {
        const auto [mean, deviation] = moments_of(own);
        for (double& target : own) target = (target - mean) / (deviation > 0 ? deviation : 1);
        add(TRY(lasso(scaled.columns, own, settings)));
        return sizes;
    }
    const int32_t first = input.fit.class_count == 2 ? 1 : 0;
    for (int32_t k = first; k < input.fit.class_count; ++k) {
        for (size_t row = 0; row < own.size(); ++row) own[row] = targets[row] == k ? 1 : 0;
        add(TRY(logistic_lasso(scaled.columns, own, settings)));
    }
    return sizes;
}

Result<Selected> keep_weighted(const SelectorInput& input) {
    const auto settings = TRY(parse_params<L1>(input.settings, "l1"));
    auto sizes = TRY(sizes_of_weights(input, settings.alpha));
    Selected selected =
        keep_best(std::move(sizes),
                  settings.keep == 0 ? static_cast<double>(input.column_count()) : settings.keep);
    for (size_t i = 0; i < selected.scores.size(); ++i)
        if (selected.scores[i] <= 1e-5) selected.is_kept[i] = 0;
    return selected;
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "l1",
    .summary = "Keeps the columns that a linear model under an L1 penalty gives a weight to, all "
               "columns being scaled alike before.",
    .reference =
        "scikit-learn's SelectFromModel after StandardScaler: of numbers Lasso(alpha) with "
        "the target scaled too, of classes LogisticRegression(penalty='l1', C = 1 / "
        "(alpha * rows)), one against the rest",
    .example = "select: {method: l1, alpha: 0.02}",
    .measure = "weight",
    .params = L1::params(),
    .check_settings = check_params<L1>,
    .select = keep_weighted,
});

}  // namespace quern::train
