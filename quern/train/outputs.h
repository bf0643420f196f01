// What stands after the model, fitted on rows that were set aside for it: calibration, threshold,
// conformal part.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quern/train/matrix.h"

namespace quern::train {

// Shares of the training rows that are set aside, 0 where nothing is fitted.
struct OutputParts {
    double calibration = 0, conformal = 0;
};
OutputParts output_parts(const project::Model& model);

// What can be refused without data.
Status check_outputs(const project::Model& model);

// Fills in what the model's keys `calibrate`, `threshold` and `conformal` ask for.
Status fit_outputs(const TrainingRequest& request, const Rows& rows, const Roles& roles,
                   score::Program& program);

// What was fitted and what it changes on the rows that judge, by key, in words.
Result<std::vector<std::pair<std::string, std::string>>> describe_outputs(
    const TrainingRequest& request, const Rows& rows, const Roles& roles,
    const score::Program& program, const Judgement& judgement);

}  // namespace quern::train
