#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

// MLflow's clients look at the status alone.
Status ping(const Request&, Worker&, Response& response) {
    response.body.assign(1, '\n');
    return {};
}

QUERN_REGISTER(Route)
({.name = "ping",
  .summary = "Whether the process runs, as MLflow's clients ask.",
  .paths = {"/ping", "/health"},
  .needs = Role::nobody,
  .errors = ErrorForm::mlflow,
  .response_schema = R"({"type": "string"})",
  .handle = ping});

}  // namespace
}  // namespace quern::serve
