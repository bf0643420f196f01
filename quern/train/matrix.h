// The data of one fit: which rows teach, which rows tell when to stop, which rows judge; the
// matrix of the first two; and what a finished program says of the third.
#pragma once

#include <string>
#include <vector>

#include "quern/evaluate/judged.h"
#include "quern/score/scorer.h"
#include "quern/train/feature_facts.h"
#include "quern/train/rows.h"

namespace quern::train {

enum class Role : uint8_t { none, lesson, validation, test };

// Of the rows kept; position i is Rows' i.
struct Roles {
    std::vector<Role> of_row;

    size_t count(Role role) const;
    std::vector<uint32_t> rows(Role role) const;
};

// What the lesson's rows hold of each feature, found by running the program's expressions. Fills
// the inputs' facts too.
Result<std::vector<FeatureFacts>> gather_facts(const TrainingRequest& request, const Rows& rows,
                                               const Roles& roles, score::Program& program);

// [row][column]: first the lesson's rows, then the validation's, both in their order.
Result<std::vector<double>> build_matrix(const TrainingRequest& request, const Rows& rows,
                                         const Roles& roles, const score::Scorer& scorer);

// Predictions for the rows that judge, beside their truth.
struct Judgement {
    std::vector<int32_t> labels, predicted;
    std::vector<double> probabilities, targets, values, weights;
    int32_t class_count = 0;
    Task task = Task::classify;

    evaluate::Judged view() const;
};
// Adds the first of these rows to `program` as golden rows when it is not null.
Result<Judgement> judge(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                        const score::Scorer& scorer, score::Program* program);

}  // namespace quern::train
