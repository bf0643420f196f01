// A model's features: the scorer's row expressions, and the fitted transforms around them.
#pragma once

#include <string>
#include <vector>

#include "quern/flow/lookups.h"
#include "quern/score/compile.h"
#include "quern/sql/catalog.h"
#include "quern/train/transform.h"

namespace quern::flow {

struct ModelFeatures {
    score::CompiledFeatures compiled;
    std::vector<train::Written> written;  // one for each that the model lists
};

// `columns` are those of the tables that the model reads; the catalog holds the one that it learns
// from. All faults are reported, each at its place in the model: columns that are not there,
// look-ups and transforms that do not fit, expressions that need more than one row, functions that
// the scorer lacks.
Result<ModelFeatures> compile_model_features(sql::SchemaCatalog& catalog,
                                             const project::Model& model,
                                             const ModelColumns& columns);

}  // namespace quern::flow
