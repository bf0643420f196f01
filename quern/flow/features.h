// A model's features: the scorer's row expressions, and the fitted transforms around them.
#pragma once

#include <string>
#include <vector>

#include "quern/project/project.h"
#include "quern/score/compile.h"
#include "quern/sql/catalog.h"
#include "quern/train/transform.h"

namespace quern::flow {

struct ModelFeatures {
    score::CompiledFeatures compiled;
    std::vector<train::Written> written;  // one for each that the model lists
};

// `table` is what the model learns from; the catalog holds it. All faults are reported, each at
// its place in the model: columns that are not there, expressions that need more than one row,
// functions that the scorer lacks, transforms with settings or arguments that do not fit.
Result<ModelFeatures> compile_model_features(sql::SchemaCatalog& catalog,
                                             const project::Model& model,
                                             const frame::Schema& columns);

}  // namespace quern::flow
