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

// `calibration` chooses calibration and threshold, `conformal` the conformal part.
enum class Role : uint8_t { none, lesson, validation, test, calibration, conformal };

// Of the rows kept; position i is Rows' i.
struct Roles {
    std::vector<Role> of_row;

    size_t count(Role role) const;
    std::vector<uint32_t> rows(Role role) const;
};

// What the lesson's rows hold of each feature, found by running the program's expressions.
struct GatheredFeatures {
    std::vector<FeatureFacts> facts;
    std::vector<frame::Column> columns;  // the values; no rows where they are not kept
};
// Fills the inputs' facts too. `is_kept`: of each feature.
Result<GatheredFeatures> gather_features(const TrainingRequest& request, const Rows& rows,
                                         const Roles& roles, score::Program& program,
                                         const std::vector<uint8_t>& is_kept);

// Who writes a row of the lesson: the scorer of its fold, where there are folds, which has not
// seen that row's target. All other rows are written by the program as it is.
struct MatrixWriters {
    const score::Scorer& scorer;
    const std::vector<score::Scorer>& of_fold;
    const std::vector<uint8_t>& fold;  // of the lesson's rows in their order; empty: no folds
};
// [row][column]: first the lesson's rows, then the validation's, both in their order.
Result<std::vector<double>> build_matrix(const TrainingRequest& request, const Rows& rows,
                                         const Roles& roles, const MatrixWriters& writers);

// Predictions for the rows that judge, beside their truth.
struct Judgement {
    std::vector<int32_t> labels, predicted;
    std::vector<double> probabilities, targets, values, weights;
    std::vector<double> regions;  // [row][region_count] of score::Predictions
    int32_t class_count = 0;
    Task task = Task::classify;

    evaluate::Judged view() const;
};
// Of the rows of one role. Adds the first of these rows to `program` as golden rows when it is not
// null.
Result<Judgement> judge(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                        const score::Scorer& scorer, Role role, score::Program* program);

}  // namespace quern::train
