#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status live(const Request&, Worker&, Response& response) {
    response.body = R"({"live": true})";
    return {};
}

QUERN_REGISTER(Route)
({.name = "live",
  .summary = "Whether the process runs; says nothing about models.",
  .paths = {"/v2/health/live"},
  .needs = Role::nobody,
  .errors = ErrorForm::inference,
  .response_schema = R"({"type": "object", "properties": {"live": {"type": "boolean"}}})",
  .handle = live});

}  // namespace
}  // namespace quern::serve
