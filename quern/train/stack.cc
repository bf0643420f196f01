// Stacking: a final model learns from what the members say of rows that they did not learn from.
#include "quern/score/models/stack.h"

#include "quern/train/ensemble.h"

namespace quern::train {
namespace {

struct StackSettings {
    std::vector<Tree> of;
    Tree final;
    int64_t folds = 5;

    static std::vector<Param> params() {
        auto all = std::vector<Param>{
            param("of", &StackSettings::of, "The algorithms, each with or without settings."),
            param("final", &StackSettings::final, "The algorithm that learns from their scores."),
            param("folds", &StackSettings::folds,
                  "Parts of the rows, each scored by members that learned from the others; where "
                  "the split is by time, from the rows before.")
                .in(2, 100)};
        all[0].default_text = "[gbdt, logistic], or [gbdt, linear]";
        all[1].default_text = "logistic, or linear";
        return all;
    }
};

Result<MemberLearner> final_of(const StackSettings& settings, Task task) {
    if (settings.final.is_null())
        return read_member(Tree::scalar(task == Task::classify ? "logistic" : "linear"));
    auto final = TRY(read_member(settings.final));
    if (final.learner->fits(task)) return final;
    return invalid_argument("algorithm '" + std::string(final.learner->name) + "' does not " +
                            (task == Task::classify ? "classify" : "regress"))
        .at(settings.final.place.text());
}

// The final model, from the members' scores of the rows.
Result<Fitted> fit_final(const FitInput& input, const MemberLearner& final, const Picked& scores,
                         const Members& members, const std::vector<MemberLearner>& learners) {
    std::vector<MatrixColumn> columns;
    for (size_t i = 0; i < learners.size(); ++i)
        for (size_t k = members.first[i]; k < members.first[i + 1]; ++k)
            columns.push_back({.name = std::string(learners[i].learner->name)});
    FitInput over = scores.input(input, columns);
    over.settings = final.settings;
    over.validation = {};
    over.watch.progress = nullptr;
    return fit(*final.learner, over);
}

// What each member counts for, by the final model's importance of its scores.
std::vector<double> weights_of(const Fitted& final, const Members& members) {
    std::vector<double> weights(members.fitted.size());
    for (size_t i = 0; i < weights.size(); ++i)
        for (size_t k = members.first[i]; k < members.first[i + 1]; ++k)
            weights[i] += k < final.importance.size() ? final.importance[k] : 0;
    return weights;
}

Result<Fitted> fit_stack(const FitInput& input) {
    const auto settings = TRY(parse_params<StackSettings>(input.settings, "stack"));
    const auto learners = TRY(members_for(settings.of, input.task));
    const auto final = TRY(final_of(settings, input.task));
    // Classes meet as raw scores (log-odds), so that contributions stay sums.
    const bool are_outputs = input.task == Task::regress;
    const auto scores = TRY(cross_scores(input, learners, settings.folds, are_outputs));
    auto members = TRY(fit_members(input, learners));
    auto fitted = TRY(fit_final(input, final, scores, members, learners));
    const auto weights = weights_of(fitted, members);
    fitted.importance = mixed_importance(members, weights);
    for (auto& note : member_notes(members, learners)) fitted.notes.push_back(std::move(note));
    fitted.notes.push_back(weights_note("the final model goes by", weights, learners));
    score::Stack stack{.final = std::move(fitted.model)};
    for (auto& member : members.fitted) {
        stack.members.push_back({.model = std::move(member.model)});
        if (are_outputs) {
            stack.members.back().link = member.link;
            stack.members.back().link_scale = member.link_scale;
        }
    }
    fitted.model = score::pack(stack);
    fitted.iterations = settings.folds + 1;
    fitted.best_iteration = 0;
    fitted.curve.clear();
    return fitted;
}

Status check_stack(const Tree& tree) {
    const auto settings = TRY(parse_params<StackSettings>(tree, "stack"));
    TRY(read_members(settings.of));
    if (!settings.final.is_null()) TRY(read_member(settings.final));
    return {};
}

QUERN_REGISTER(Learner)
({.name = "stack",
  .summary = "Several algorithms, and a final one that learns from what they say of rows that they "
             "did not learn from.",
  .source = "the members' learners; Wolpert 1992, as scikit-learn's StackingClassifier with "
            "stack_method='decision_function' and StackingRegressor",
  .example = "algorithm: {stack: {of: [gbdt, {k_nearest: {neighbors: 15}}], folds: 4}}",
  .taste = Taste::dense,
  .is_for_classify = true,
  .is_for_regress = true,
  .counts_rows = true,
  .params = StackSettings::params(),
  .check_settings = check_stack,
  .validation_share = [](const Tree& tree) -> Result<double> {
      return largest_validation_share(TRY(parse_params<StackSettings>(tree, "stack")).of);
  },
  .fit = fit_stack});

}  // namespace
}  // namespace quern::train
