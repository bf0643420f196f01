// A weighted mean of what several models say. Weights that nobody wrote are found on held-out rows:
// at each step the member that helps most is counted once more, as Caruana et al. 2004 do.
#include <algorithm>
#include <cmath>

#include "quern/score/models/linear.h"
#include "quern/score/models/stack.h"
#include "quern/train/ensemble.h"

namespace quern::train {
namespace {

struct Blend {
    std::vector<Tree> of;
    std::vector<double> weights;
    int64_t folds = 5, steps = 100;

    static std::vector<Param> params() {
        auto all = std::vector<Param>{
            param("of", &Blend::of, "The algorithms, each with or without settings."),
            param("weights", &Blend::weights,
                  "What each counts, a number for each; without them they are found on rows left "
                  "out of the lesson.")
                .at_least(0),
            param("folds", &Blend::folds, "Parts of the rows that are left out in turn.")
                .in(2, 100),
            param("steps", &Blend::steps, "In which the weights are found; each adds one part.")
                .in(1, 10'000)};
        all[0].default_text = "[gbdt, logistic], or [gbdt, linear]";
        all[1].default_text = "found";
        return all;
    }
};

size_t output_count(const FitInput& input) {
    return input.task == Task::classify ? static_cast<size_t>(input.class_count) : 1;
}

// What is wrong with one row's mean: the log loss, or the square of the error.
double loss_of(Task task, double target, const double* sums, double count) {
    if (task == Task::regress) return (sums[0] / count - target) * (sums[0] / count - target);
    return -std::log(std::max(sums[static_cast<size_t>(target)] / count, 1e-15));
}

// scores [row][member][output] -> how often each member was the one to add.
std::vector<double> find_weights(const FitInput& input, const Picked& scores, size_t member_count,
                                 int64_t steps) {
    const size_t rows = scores.targets.size(), outputs = output_count(input);
    std::vector<double> counts(member_count), sums(rows * outputs);
    std::vector<double> tried(outputs);
    const auto score = [&](size_t row, size_t member) {
        return scores.values.data() + (row * member_count + member) * outputs;
    };
    for (int64_t step = 1; step <= steps; ++step) {
        size_t best = 0;
        double least = INFINITY;
        for (size_t member = 0; member < member_count; ++member) {
            double loss = 0;
            for (size_t row = 0; row < rows; ++row) {
                for (size_t k = 0; k < outputs; ++k)
                    tried[k] = sums[row * outputs + k] + score(row, member)[k];
                const double weight = scores.weights.empty() ? 1 : scores.weights[row];
                loss += weight * loss_of(input.task, scores.targets[row], tried.data(),
                                         static_cast<double>(step));
            }
            if (loss < least) {
                least = loss;
                best = member;
            }
        }
        ++counts[best];
        for (size_t row = 0; row < rows; ++row)
            for (size_t k = 0; k < outputs; ++k) sums[row * outputs + k] += score(row, best)[k];
    }
    return counts;
}

Result<std::vector<double>> weights_for(const FitInput& input, const Blend& settings,
                                        const std::vector<MemberLearner>& learners) {
    std::vector<double> weights = settings.weights;
    if (weights.empty()) {
        const auto scores = TRY(cross_scores(input, learners, settings.folds, true));
        weights = find_weights(input, scores, learners.size(), settings.steps);
    }
    double total = 0;
    for (const double weight : weights) total += weight;
    if (weights.size() != learners.size() || !(total > 0) || !std::isfinite(total)) {
        return invalid_argument("'weights' must hold a number for each of the " +
                                std::to_string(learners.size()) + " algorithms, not all 0")
            .at(input.settings.place.text());
    }
    for (double& weight : weights) weight /= total;
    return weights;
}

// Output k of the blend is the weighted mean of output k of the members.
score::Linear mean_of(const std::vector<double>& weights, size_t outputs) {
    score::Linear mean;
    for (size_t to = 0; to < outputs; ++to)
        for (const double weight : weights)
            for (size_t from = 0; from < outputs; ++from)
                mean.weights.push_back(from == to ? weight : 0);
    mean.intercepts.assign(outputs, 0);
    return mean;
}

Result<Fitted> fit_blend(const FitInput& input) {
    const auto settings = TRY(parse_params<Blend>(input.settings, "blend"));
    auto learners = TRY(members_for(settings.of, input.task));
    auto weights = TRY(weights_for(input, settings, learners));
    Fitted fitted;
    fitted.notes.push_back(weights_note("the blend is of", weights, learners));
    for (size_t i = weights.size(); i-- > 0;) {  // what counts nothing is not kept
        if (weights[i] > 0) continue;
        weights.erase(weights.begin() + static_cast<ptrdiff_t>(i));
        learners.erase(learners.begin() + static_cast<ptrdiff_t>(i));
    }
    auto members = TRY(fit_members(input, learners));
    fitted.importance = mixed_importance(members, weights);
    for (auto& note : member_notes(members, learners)) fitted.notes.push_back(std::move(note));
    score::Stack stack{.final = score::pack(mean_of(weights, output_count(input)))};
    for (auto& member : members.fitted)
        stack.members.push_back({std::move(member.model), member.link, member.link_scale});
    fitted.model = score::pack(stack);
    fitted.iterations = settings.weights.empty() ? settings.folds + 1 : 1;
    return fitted;
}

Status check_blend(const Tree& tree) {
    const auto settings = TRY(parse_params<Blend>(tree, "blend"));
    TRY(read_members(settings.of));
    const size_t members = settings.of.empty() ? 2 : settings.of.size();
    if (settings.weights.empty() || settings.weights.size() == members) return {};
    return invalid_argument("'weights' must hold a number for each of the " +
                            std::to_string(members) + " algorithms, got " +
                            std::to_string(settings.weights.size()))
        .at(tree.find("weights")->place.text());
}

QUERN_REGISTER(Learner)
({.name = "blend",
  .summary = "A weighted mean of what several algorithms say: of probabilities, or of values.",
  .source = "the members' learners; as scikit-learn's VotingClassifier (soft) and VotingRegressor; "
            "weights that are found: Caruana et al. 2004, Ensemble selection",
  .example = "algorithm: {blend: {of: [gbdt, {k_nearest: {neighbors: 15}}], folds: 4}}",
  .taste = Taste::dense,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = Blend::params(),
  .check_settings = check_blend,
  .validation_share = [](const Tree& tree) -> Result<double> {
      return largest_validation_share(TRY(parse_params<Blend>(tree, "blend")).of);
  },
  .fit = fit_blend});

}  // namespace
}  // namespace quern::train
