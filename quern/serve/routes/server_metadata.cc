#include "quern/base/json.h"
#include "quern/base/version.h"
#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status server_metadata(const Request&, Worker&, Response& response) {
    JsonWriter json;
    json.begin_object().field("name", "quern").field("version", version());
    response.body = json.list("extensions", std::vector<std::string>()).end_object().take();
    return {};
}

QUERN_REGISTER(Route)
({.name = "server_metadata",
  .summary = "Name and version of this server, as the Open Inference Protocol asks.",
  .paths = {"/v2"},
  .needs = Role::viewer,
  .errors = ErrorForm::inference,
  .response_schema = R"({"type": "object", "properties": {"name": {"type": "string"},
    "version": {"type": "string"}, "extensions": {"type": "array", "items": {"type": "string"}}}})",
  .handle = server_metadata});

}  // namespace
}  // namespace quern::serve
