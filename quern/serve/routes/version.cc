#include "quern/base/version.h"

#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status show_version(const Request&, Worker&, Response& response) {
    response.content_type = "text/plain; charset=utf-8";
    response.body = version();
    return {};
}

QUERN_REGISTER(Route)
({.name = "version",
  .summary = "quern's version, as plain text.",
  .paths = {"/version"},
  .needs = Role::viewer,
  .errors = ErrorForm::mlflow,
  .response_type = "text/plain",
  .response_schema = R"({"type": "string"})",
  .handle = show_version});

}  // namespace
}  // namespace quern::serve
