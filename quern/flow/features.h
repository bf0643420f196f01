// A model's features as the scorer's row expressions.
#pragma once

#include <string>

#include "quern/project/project.h"
#include "quern/score/compile.h"
#include "quern/sql/catalog.h"

namespace quern::flow {

// `table` is what the model learns from; the catalog holds it. All faults are reported, each at
// its place in the model: columns that are not there, expressions that need more than one row,
// functions that the scorer lacks.
Result<score::CompiledFeatures> compile_model_features(sql::SchemaCatalog& catalog,
                                                       const project::Model& model,
                                                       const frame::Schema& columns);

}  // namespace quern::flow
