#include "quern/train/ensemble.h"

#include <algorithm>
#include <cmath>

#include "quern/evaluate/split.h"
#include "quern/score/model.h"
#include "quern/score/plan.h"

namespace quern::train {
namespace {

// Values of some rows, [row][column].
std::vector<double> values_of(const MatrixView& matrix, const std::vector<size_t>& rows) {
    const size_t columns = matrix.column_count();
    std::vector<double> values;
    values.reserve(rows.size() * columns);
    for (const size_t row : rows)
        values.insert(values.end(), matrix.row(row), matrix.row(row) + columns);
    return values;
}

Result<evaluate::Folds> folds_of(const FitInput& input, int64_t fold_count) {
    std::vector<int32_t> labels;
    if (input.task == Task::classify)
        labels.assign(input.lesson.targets.begin(), input.lesson.targets.end());
    using evaluate::SplitKind;
    const SplitKind kind = !input.times.empty()    ? SplitKind::time
                           : !input.groups.empty() ? SplitKind::group
                           : labels.empty()        ? SplitKind::random
                                                   : SplitKind::stratified;
    const evaluate::SplitRows rows{.row_count = input.lesson.matrix.row_count,
                                   .labels = labels,
                                   .groups = input.groups,
                                   .times = input.times};
    auto folds =
        evaluate::make_folds(rows, {.kind = kind, .folds = fold_count, .seed = input.seed + 11});
    if (folds.ok() || kind != SplitKind::stratified) return folds;
    // A class of few rows cannot be in every part.
    return evaluate::make_folds(
        rows, {.kind = SplitKind::random, .folds = fold_count, .seed = input.seed + 11});
}

FitInput member_input(const FitInput& input, const MemberLearner& member) {
    FitInput own = input;
    own.settings = member.settings;
    own.watch.progress = nullptr;
    return own;
}

Result<Fitted> fit_member(const FitInput& input, const MemberLearner& member) {
    return fit(*member.learner, member_input(input, member));
}

// [row][score]
Result<std::vector<double>> scores_of(const Fitted& fitted, const MatrixView& matrix,
                                      bool are_outputs) {
    const auto* kind = TRY(Registry<score::ModelKind>::of_kind().find(fitted.model.kind));
    const auto model = TRY(kind->bind(fitted.model.learned, matrix.column_count()));
    const auto scratch = score::make_model_scratch(model);
    std::vector<double> raw(matrix.row_count * model.raw_count);
    model.score(model.prepared.get(), matrix.values, matrix.row_count, raw.data(), scratch.get());
    if (!are_outputs) return raw;
    std::vector<double> outputs(fitted.link == score::Link::sigmoid ? 2 * raw.size() : raw.size());
    score::apply_link(fitted.link, fitted.link_scale, model.raw_count, matrix.row_count, raw.data(),
                      outputs.data());
    return outputs;
}

}  // namespace

Picked::Picked(const FitInput& from, std::vector<double> of_rows, const std::vector<size_t>& rows)
    : values(std::move(of_rows)) {
    const auto pick = [&](const auto& all, auto& some) {
        if (all.empty()) return;
        for (const size_t row : rows) some.push_back(all[row]);
    };
    pick(from.lesson.targets, targets);
    pick(from.lesson.weights, weights);
    pick(from.groups, groups);
    pick(from.times, times);
}

FitInput Picked::input(const FitInput& from, std::span<const MatrixColumn> columns) const {
    FitInput part = from;
    part.lesson = {{targets.size(), columns, values.data()}, targets, weights};
    part.groups = groups;
    part.times = times;
    return part;
}

Result<MemberLearner> read_member(const Tree& tree) {
    const bool is_with_settings = tree.is_map() && tree.entries.size() == 1;
    if (!tree.is_scalar() && !is_with_settings) {
        return invalid_argument("an algorithm must be one name, with or without settings")
            .at(tree.place.text())
            .hint("write `gbdt` or `{gbdt: {num_leaves: 31}}`");
    }
    const std::string& name = tree.is_scalar() ? tree.text : tree.entries[0].key;
    if (name == "stack" || name == "blend") {
        return invalid_argument("a " + name + " cannot stand inside of another algorithm")
            .at(tree.place.text());
    }
    MemberLearner member;
    auto found = find_learner(name);
    if (!found.ok()) return std::move(found).status().at(tree.place.text());
    member.learner = *found;
    if (!tree.is_scalar()) member.settings = tree.entries[0].value;
    TRY(member.learner->check_settings(member.settings).at(tree.place.text()));
    return member;
}

Result<std::vector<MemberLearner>> read_members(const std::vector<Tree>& of) {
    if (of.size() > score::kStackMembersMax) {
        return invalid_argument("'of' names " + std::to_string(of.size()) +
                                " algorithms; at most " + std::to_string(score::kStackMembersMax) +
                                " go together")
            .at(of.front().place.text());
    }
    std::vector<MemberLearner> members;
    for (const Tree& tree : of) members.push_back(TRY(read_member(tree)));
    return members;
}

Result<std::vector<MemberLearner>> members_for(const std::vector<Tree>& of, Task task) {
    auto written = of;
    if (written.empty()) {
        written = {Tree::scalar("gbdt"),
                   Tree::scalar(task == Task::classify ? "logistic" : "linear")};
    }
    auto members = TRY(read_members(written));
    for (size_t i = 0; i < members.size(); ++i) {
        if (members[i].learner->fits(task)) continue;
        return invalid_argument("algorithm '" + std::string(members[i].learner->name) +
                                "' does not " + (task == Task::classify ? "classify" : "regress"))
            .at(written[i].place.text());
    }
    return members;
}

Result<double> largest_validation_share(const std::vector<Tree>& of) {
    double largest = 0;
    for (const auto& member : TRY(read_members(of))) {
        if (member.learner->validation_share == nullptr) continue;
        largest = std::max(largest, TRY(member.learner->validation_share(member.settings)));
    }
    return largest;
}

Result<Members> fit_members(const FitInput& input, const std::vector<MemberLearner>& learners) {
    Members members{.first = {0}};
    for (const auto& learner : learners) {
        members.fitted.push_back(TRY(fit_member(input, learner)));
        const score::FittedModel& model = members.fitted.back().model;
        const auto* kind = TRY(Registry<score::ModelKind>::of_kind().find(model.kind));
        const auto bound = TRY(kind->bind(model.learned, input.lesson.matrix.column_count()));
        members.first.push_back(members.first.back() + bound.raw_count);
    }
    return members;
}

Result<Picked> cross_scores(const FitInput& input, const std::vector<MemberLearner>& learners,
                            int64_t fold_count, bool are_outputs) {
    const MatrixView& matrix = input.lesson.matrix;
    const auto folds = TRY(folds_of(input, fold_count));
    std::vector<std::vector<double>> of_row(matrix.row_count);
    for (int32_t fold = 0; fold < folds.fold_count; ++fold) {
        std::vector<size_t> taught, judged;
        for (size_t row = 0; row < matrix.row_count; ++row) {
            if (folds.teaches(fold, row)) taught.push_back(row);
            if (folds.judges(fold, row)) judged.push_back(row);
        }
        const Picked lesson(input, values_of(matrix, taught), taught);
        const auto values = values_of(matrix, judged);
        const MatrixView rest{judged.size(), matrix.columns, values.data()};
        for (const auto& learner : learners) {
            const auto fitted = TRY(fit_member(lesson.input(input, matrix.columns), learner));
            const auto scores = TRY(scores_of(fitted, rest, are_outputs));
            const size_t each = scores.size() / judged.size();
            for (size_t i = 0; i < judged.size(); ++i) {
                auto& row = of_row[judged[i]];
                row.insert(row.end(), scores.begin() + static_cast<ptrdiff_t>(i * each),
                           scores.begin() + static_cast<ptrdiff_t>((i + 1) * each));
            }
        }
        if (input.watch.progress) input.watch.progress(fold + 1, folds.fold_count + 1);
    }
    std::vector<double> all;
    std::vector<size_t> rows;
    for (size_t row = 0; row < of_row.size(); ++row) {
        if (of_row[row].empty()) continue;  // in time, the first rows only teach
        rows.push_back(row);
        all.insert(all.end(), of_row[row].begin(), of_row[row].end());
    }
    return Picked(input, std::move(all), rows);
}

std::vector<double> mixed_importance(const Members& members, const std::vector<double>& weights) {
    std::vector<double> mixed(members.fitted.front().importance.size());
    double total = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
        for (size_t c = 0; c < mixed.size(); ++c) {
            mixed[c] += weights[i] * members.fitted[i].importance[c];
            total += weights[i] * members.fitted[i].importance[c];
        }
    }
    for (double& share : mixed) share = total > 0 ? share / total : 0;
    return mixed;
}

std::string weights_note(std::string_view words, const std::vector<double>& weights,
                         const std::vector<MemberLearner>& learners) {
    std::string note(words);
    for (size_t i = 0; i < weights.size(); ++i) {
        note += (i == 0 ? " " : ", ") + std::to_string(std::lround(100 * weights[i])) + " % " +
                std::string(learners[i].learner->name);
    }
    return note;
}

std::vector<std::string> member_notes(const Members& members,
                                      const std::vector<MemberLearner>& learners) {
    std::vector<std::string> notes;
    for (size_t i = 0; i < learners.size(); ++i)
        for (const auto& note : members.fitted[i].notes)
            notes.push_back(std::string(learners[i].learner->name) + ": " + note);
    return notes;
}

}  // namespace quern::train
