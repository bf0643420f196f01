// What is served, for people and scripts that do not know the names yet.
#include "quern/base/json.h"
#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

Status list_models(const Request&, Worker& worker, Response& response) {
    JsonWriter json;
    json.begin_object().key("models").begin_array();
    for (const auto& [name, served] : worker.models().models) {
        json.begin_object().field("name", name);
        if (served.champion) json.field("champion", served.champion->version);
        json.key("aliases").begin_object();
        for (const auto& [alias, version] : served.aliases) json.field(alias, version);
        json.end_object();
        if (served.champion) {
            json.field("target", served.champion->program().target);
            json.list("classes", served.champion->program().classes);
        }
        json.end_object();
    }
    response.body = json.end_array().end_object().take();
    return {};
}

QUERN_REGISTER(Route)
({.name = "model_list",
  .summary = "The models that are served, their versions by alias, and what they predict.",
  .paths = {"/models"},
  .needs = Role::viewer,
  .response_schema = R"({"type": "object", "properties": {"models": {"type": "array",
    "items": {"type": "object"}}}})",
  .handle = list_models});

}  // namespace
}  // namespace quern::serve
