// What can be said without looking at a single feature; every other learner must beat it.
#include <cmath>
#include <vector>

#include "quern/score/models/linear.h"
#include "quern/train/learner.h"

namespace quern::train {
namespace {

struct Baseline {
    static std::vector<Param> params() { return {}; }
};

std::vector<double> class_shares(const FitInput& input) {
    const auto& [matrix, targets, weights] = input.lesson;
    std::vector<double> shares(static_cast<size_t>(input.class_count));
    double total = 0;
    for (size_t row = 0; row < targets.size(); ++row) {
        const double weight = weights.empty() ? 1 : weights[row];
        shares[static_cast<size_t>(targets[row])] += weight;
        total += weight;
    }
    for (double& share : shares) share /= total;
    return shares;
}

double mean_target(const FitInput& input) {
    const auto& [matrix, targets, weights] = input.lesson;
    double sum = 0, total = 0;
    for (size_t row = 0; row < targets.size(); ++row) {
        const double weight = weights.empty() ? 1 : weights[row];
        sum += weight * targets[row];
        total += weight;
    }
    return sum / total;
}

Result<Fitted> fit_baseline(const FitInput& input) {
    TRY(parse_params<Baseline>(input.settings, "baseline"));
    Fitted fitted;
    fitted.importance.assign(input.lesson.matrix.column_count(), 0);
    if (input.task == Task::regress) {
        fitted.model = score::pack(score::ConstantModel{{mean_target(input)}});
        return fitted;
    }
    // A class that the training rows lack keeps a probability above zero: -ln of it stays finite.
    constexpr double kLeastShare = 1e-9;
    std::vector<double> logs;
    for (const double share : class_shares(input)) {
        logs.push_back(std::log(std::max(share, kLeastShare)));
    }
    if (input.class_count == 2) {
        fitted.link = score::Link::sigmoid;
        fitted.model = score::pack(score::ConstantModel{{logs[1] - logs[0]}});
    } else {
        fitted.link = score::Link::softmax;
        fitted.model = score::pack(score::ConstantModel{logs});
    }
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "baseline",
  .summary = "Always the share of each class, or the mean: the least that a model must beat.",
  .source = "quern's own; scikit-learn calls it DummyClassifier(strategy='prior')",
  .example = "algorithm: baseline",
  .taste = Taste::native,
  .is_for_classify = true,
  .is_for_regress = true,
  .params = Baseline::params(),
  .check_settings =
      [](const Tree& tree) { return parse_params<Baseline>(tree, "baseline").status(); },
  .fit = fit_baseline});

}  // namespace
}  // namespace quern::train
