#include "quern/serve/openapi.h"

namespace quern::serve {
namespace {

Status openapi(const Request&, Worker& worker, Response& response) {
    response.body = openapi_document(worker.models());
    return {};
}

QUERN_REGISTER(Route)
({.name = "openapi",
  .summary = "This description of all routes, and of the rows that each model takes.",
  .paths = {"/openapi.json"},
  .needs = Role::viewer,
  .handle = openapi});

}  // namespace
}  // namespace quern::serve
