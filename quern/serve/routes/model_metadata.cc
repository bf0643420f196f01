#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/serve/tensor.h"
#include "quern/serve/worker.h"

namespace quern::serve {
namespace {

void write_tensors(JsonWriter& json, std::string_view key, const std::vector<TensorSpec>& tensors) {
    json.key(key).begin_array();
    for (const auto& tensor : tensors) {
        json.begin_object().field("name", tensor.name).field("datatype", tensor.datatype);
        std::vector<int64_t> shape = {-1};
        if (tensor.columns > 0) shape.push_back(tensor.columns);
        json.list("shape", shape).end_object();
    }
    json.end_array();
}

// Where features are looked up, and how old that is.
void write_lookups(JsonWriter& json, const score::LookupStage& stage) {
    json.key("lookups").begin_array();
    for (size_t i = 0; i < stage.lookups().size(); ++i) {
        const auto& lookup = stage.lookups()[i];
        const auto& source = stage.sources()[i];
        const auto& facts = source.table->facts();
        json.begin_object().field("name", lookup.name).field("table", lookup.table);
        json.key("keys").begin_array();
        for (const auto& key : lookup.keys) json.value(key.column);
        json.end_array().field("rows", static_cast<int64_t>(facts.row_count));
        json.field("snapshot", source.snapshot);
        json.field("checked", utc_text(source.checked_us / 1000));
        if (const auto newest = source.table->newest_us())
            json.field("newest", utc_text(*newest / 1000));
        json.end_object();
    }
    json.end_array();
}

Status model_metadata(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(worker.models().find(request.model(), request.version()));
    std::vector<std::string> versions;
    for (const auto& [version, loaded] : worker.models().models.find(model.name)->second.versions) {
        versions.push_back(std::to_string(version));
    }
    JsonWriter json;
    json.begin_object().field("name", model.name).list("versions", versions);
    json.field("platform", "quern_v1");
    write_tensors(json, "inputs", input_tensors(model.program()));
    write_tensors(json, "outputs", output_tensors(model));
    const auto* stage = model.scorer.lookup_stage();
    if (stage != nullptr) write_lookups(json, *stage);
    response.body = json.end_object().take();
    return {};
}

QUERN_REGISTER(Route)
({.name = "model_metadata",
  .summary = "A model's versions, inputs and outputs, as the Open Inference Protocol asks.",
  .paths = {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"},
  .needs = Role::viewer,
  .errors = ErrorForm::inference,
  .response_schema = R"({"type": "object", "properties": {"name": {"type": "string"},
    "versions": {"type": "array", "items": {"type": "string"}}, "platform": {"type": "string"},
    "inputs": {"type": "array", "items": {"type": "object"}},
    "outputs": {"type": "array", "items": {"type": "object"}},
    "lookups": {"type": "array", "items": {"type": "object"}}}})",
  .handle = model_metadata});

}  // namespace
}  // namespace quern::serve
