// Learners over learners: what stacks and blends have in common.
#pragma once

#include <string>
#include <vector>

#include "quern/score/models/stack.h"
#include "quern/train/learner.h"

namespace quern::train {

struct MemberLearner {
    const Learner* learner = nullptr;
    Tree settings;
};

// "gbdt", or {gbdt: {num_leaves: 31}}.
Result<MemberLearner> read_member(const Tree& tree);

// At least one, all with settings that they take; none is an ensemble itself.
Result<std::vector<MemberLearner>> read_members(const std::vector<Tree>& of);
// Those that are written, or else gbdt and what is usual beside it.
Result<std::vector<MemberLearner>> members_for(const std::vector<Tree>& of, Task task);

// The largest that one of the learners asks for.
Result<double> largest_validation_share(const std::vector<Tree>& of);

struct Members {
    std::vector<Fitted> fitted;
    std::vector<size_t> first;  // column of each among the scores, and at the end their number
};

// Each learned from all rows.
Result<Members> fit_members(const FitInput& input, const std::vector<MemberLearner>& learners);

// Some of a lesson's rows, copied, with values of their own: [row][column].
struct Picked {
    std::vector<double> values, targets, weights, times;
    std::vector<uint64_t> groups;

    Picked(const FitInput& from, std::vector<double> of_rows, const std::vector<size_t>& rows);
    FitInput input(const FitInput& from, std::span<const MatrixColumn> columns) const;
};

// What members say of rows that they did not learn from: raw scores, or with `are_outputs` what the
// link makes of them. Each of `folds` parts in turn is left out; parts keep the rows of a group
// together, and else the shares of classes. Where rows have times, each part is told by members
// that learned from the rows before it, and the first rows are not among the picked ones.
Result<Picked> cross_scores(const FitInput& input, const std::vector<MemberLearner>& learners,
                            int64_t folds, bool are_outputs);

// Members' importance of columns, weighted.
std::vector<double> mixed_importance(const Members& members, const std::vector<double>& weights);

// "the blend is of 64 % gbdt, 36 % logistic"
std::string weights_note(std::string_view words, const std::vector<double>& weights,
                         const std::vector<MemberLearner>& learners);
std::vector<std::string> member_notes(const Members& members,
                                      const std::vector<MemberLearner>& learners);

}  // namespace quern::train
