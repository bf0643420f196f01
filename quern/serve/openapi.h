// The description of all routes in OpenAPI 3.1, made from their entries.
#pragma once

#include <string>

#include "quern/serve/worker.h"

namespace quern::serve {

std::string openapi_document(const ModelSet& models);
// JSON Schema of a row that the model takes under its service's contract.
std::string row_schema(const LoadedModel& model);

}  // namespace quern::serve
