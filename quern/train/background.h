// The rows of the training that a model keeps for its explanations.
#pragma once

#include "quern/project/model_outputs.h"
#include "quern/train/learner.h"

namespace quern::train {

// Keeps some rows of the lesson, drawn by its seed, in a model of trees, where `explain` asks for
// them. Linear models compare with the means of all rows as they are; refused where a model can
// tell nothing.
Status keep_background(const project::Explain& explain, const FitInput& input,
                       score::FittedModel& model);

}  // namespace quern::train
