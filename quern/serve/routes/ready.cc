#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status ready(const Request&, Worker& worker, Response& response) {
    const bool is_ready = worker.models().is_ready();
    if (!is_ready) response.http = 503;
    response.body = is_ready ? R"({"ready": true})" : R"({"ready": false})";
    return {};
}

QUERN_REGISTER(Route)
({.name = "ready",
  .summary = "Whether at least one model can score; 503 when none can.",
  .paths = {"/v2/health/ready"},
  .needs = Role::viewer,
  .errors = ErrorForm::inference,
  .response_schema = R"({"type": "object", "properties": {"ready": {"type": "boolean"}}})",
  .handle = ready});

}  // namespace
}  // namespace quern::serve
