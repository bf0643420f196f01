#include "quern/base/json.h"
#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status model_ready(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(worker.models().find(request.model(), request.version()));
    JsonWriter json;
    json.begin_object().field("name", model.name).field("ready", true).end_object();
    response.body = json.take();
    return {};
}

QUERN_REGISTER(Route)
({.name = "model_ready",
  .summary = "Whether a model can score; not found when it is not served.",
  .paths = {"/v2/models/{model}/ready", "/v2/models/{model}/versions/{version}/ready"},
  .needs = Role::viewer,
  .errors = ErrorForm::inference,
  .response_schema = R"({"type": "object", "properties": {"name": {"type": "string"},
    "ready": {"type": "boolean"}}})",
  .handle = model_ready});

}  // namespace
}  // namespace quern::serve
