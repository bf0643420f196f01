// Linear regression with an L2 penalty (ridge), by oneDAL's normal equations.
#include "quern/score/models/linear.h"

#include <cmath>
#include <memory>
#include <new>
#include <vector>

#include "quern/train/learner.h"
#include "quern/train/ridge.h"

namespace quern::train {
namespace {

struct LinearSettings {
    double alpha = 1;

    static std::vector<Param> params() {
        return {param("alpha", &LinearSettings::alpha,
                      "Strength of the L2 penalty; 0 is ordinary least squares.")
                    .in(0, 1e12)};
    }
};

// oneDAL sums in another order when data lies at another distance from a cache line.
struct Aligned {
    explicit Aligned(size_t count)
        : values(static_cast<double*>(::operator new(count * sizeof(double), kLine))) {}
    struct Free {
        void operator()(double* memory) const { ::operator delete(memory, kLine); }
    };
    static constexpr std::align_val_t kLine{64};
    std::unique_ptr<double[], Free> values;
};

// Weighted means; with them taken off, the intercept needs no column of its own.
struct Centre {
    std::vector<double> columns;
    double target = 0, weight = 0;
};
Centre centre_of(const Lesson& lesson) {
    Centre centre{.columns = column_means(lesson)};
    for (size_t row = 0; row < lesson.matrix.row_count; ++row) {
        const double weight = lesson.weights.empty() ? 1 : lesson.weights[row];
        centre.target += weight * lesson.targets[row];
        centre.weight += weight;
    }
    centre.target /= centre.weight;
    return centre;
}

Result<Fitted> fit_linear(const FitInput& input) {
    const auto settings = TRY(parse_params<LinearSettings>(input.settings, "linear"));
    const Lesson& lesson = input.lesson;
    const size_t rows = lesson.matrix.row_count, columns = lesson.matrix.column_count();
    const Centre centre = centre_of(lesson);
    if (centre.weight == 0) return invalid_argument("all weights are 0");
    const Aligned matrix(rows * columns), targets(rows);
    std::vector<double> spread(columns);
    for (size_t row = 0; row < rows; ++row) {
        const double root = lesson.weights.empty() ? 1 : std::sqrt(lesson.weights[row]);
        for (size_t j = 0; j < columns; ++j) {
            const double off = root * (lesson.matrix.row(row)[j] - centre.columns[j]);
            matrix.values[row * columns + j] = off;
            spread[j] += off * off;
        }
        targets.values[row] = root * (lesson.targets[row] - centre.target);
    }
    TRY(input.watch.check());
    score::Linear linear;
    linear.weights = TRY(ridge({.matrix = matrix.values.get(),
                                .targets = targets.values.get(),
                                .row_count = rows,
                                .column_count = columns,
                                .alpha = settings.alpha}));
    Fitted fitted;
    double intercept = centre.target, total = 0;
    for (size_t j = 0; j < columns; ++j) {
        if (!std::isfinite(linear.weights[j])) {
            return failed_precondition(
                       "the columns depend on each other so much that no weights "
                       "can be found")
                .hint("raise `alpha`");
        }
        intercept -= linear.weights[j] * centre.columns[j];
        fitted.importance.push_back(std::abs(linear.weights[j]) * std::sqrt(spread[j]));
        total += fitted.importance.back();
    }
    for (double& share : fitted.importance) share = total > 0 ? share / total : 0;
    linear.intercepts = {intercept};
    linear.means = centre.columns;
    fitted.model = score::pack(linear);
    fitted.iterations = 1;
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "linear",
  .summary = "Linear regression with an L2 penalty on the weights (ridge).",
  .source = "oneDAL 2026.2, normal equations; equals scikit-learn's Ridge",
  .example = "algorithm: {linear: {alpha: 10}}",
  .taste = Taste::dense,
  .is_for_regress = true,
  .params = LinearSettings::params(),
  .check_settings =
      [](const Tree& tree) { return parse_params<LinearSettings>(tree, "linear").status(); },
  .fit = fit_linear});

}  // namespace
}  // namespace quern::train
