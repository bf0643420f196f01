#include <cmath>

#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct ChiSquare {
    double keep = kKeepDefault;
    static std::vector<Param> params() { return {keep_param(&ChiSquare::keep)}; }
};

Status check_not_negative(const MatrixView& matrix) {
    for (size_t column = 0; column < matrix.column_count(); ++column) {
        if (matrix.columns[column].is_category) continue;
        const std::string& name = matrix.columns[column].name;
        for (size_t row = 0; row < matrix.row_count; ++row) {
            if (!(matrix.row(row)[column] < 0)) continue;
            return invalid_argument("`select` by chi_square counts, and column '" + name +
                                    "' is below 0")
                .hint("write min_max_scale(" + name + "), or select by anova");
        }
    }
    return {};
}

// How far the sums by class are from what the classes' shares of all rows would give.
Result<Selected> keep_dependent(const SelectorInput& input) {
    const auto settings = TRY(parse_params<ChiSquare>(input.settings, "chi_square"));
    TRY(check_not_negative(input.matrix()));
    const auto targets = input.fit.lesson.targets;
    std::vector<double> shares(static_cast<size_t>(input.fit.class_count));
    for (const double target : targets) ++shares[static_cast<size_t>(target)];
    for (double& share : shares) share /= static_cast<double>(targets.size());
    std::vector<double> sums(shares.size());
    return keep_best(score_numbers(input.matrix(),
                                   [&](std::span<const double> numbers) {
                                       std::ranges::fill(sums, 0);
                                       double all = 0, distance = 0;
                                       for (size_t row = 0; row < numbers.size(); ++row)
                                           if (!std::isnan(numbers[row]))
                                               sums[static_cast<size_t>(targets[row])] +=
                                                   numbers[row];
                                       for (const double sum : sums) all += sum;
                                       for (size_t k = 0; k < sums.size(); ++k) {
                                           const double off = sums[k] - shares[k] * all;
                                           distance += off * off / (shares[k] * all);
                                       }
                                       return distance;
                                   }),
                     settings.keep);
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "chi_square",
    .summary = "Keeps the columns of counts, or of 0 and 1, that depend most on the class.",
    .reference = "scikit-learn's SelectKBest(chi2)",
    .example = "select: {method: chi_square, keep: 50}",
    .measure = "chi-square",
    .is_for_regress = false,
    .params = ChiSquare::params(),
    .check_settings = check_params<ChiSquare>,
    .select = keep_dependent,
});

}  // namespace quern::train
