#include "quern/serve/openapi.h"

#include <algorithm>
#include <map>

#include "quern/base/json.h"
#include "quern/base/version.h"
#include "quern/score/lookup_inputs.h"

namespace quern::serve {
namespace {

constexpr std::string_view kProblemSchema =
    R"({"type": "object", "properties": {"title": {"type": "string"},
"status": {"type": "integer"}, "detail": {"type": "string"}, "hint": {"type": "string"},
"errors": {"type": "array", "items": {"type": "object", "properties":
{"row": {"type": "integer"}, "field": {"type": "string"}, "message": {"type": "string"}}}}}})";
constexpr std::string_view kInferenceSchema =
    R"({"type": "object", "properties": {"error": {"type": "string"}}})";
constexpr std::string_view kMlflowSchema = R"({"type": "object", "properties":
{"error_code": {"type": "string"}, "message": {"type": "string"}}})";

std::string_view error_schema(ErrorForm form) {
    switch (form) {
        case ErrorForm::problem:
            return kProblemSchema;
        case ErrorForm::inference:
            return kInferenceSchema;
        case ErrorForm::mlflow:
            return kMlflowSchema;
    }
    return kProblemSchema;
}

std::string_view json_type(const frame::Type& type) {
    if (type.id == frame::TypeId::boolean) return "boolean";
    if (frame::is_integer(type)) return "integer";
    return frame::is_numeric(type) ? "number" : "string";
}

void write_parameters(JsonWriter& json, const Route& route, std::string_view path) {
    json.key("parameters").begin_array();
    for (const std::string_view name : {"model", "version"}) {
        if (path.find("{" + std::string(name) + "}") == std::string_view::npos) continue;
        json.begin_object().field("name", name).field("in", "path").field("required", true);
        json.key("schema").raw(R"({"type": "string"})").end_object();
    }
    for (const auto& value : route.query) {
        json.begin_object().field("name", value.name).field("in", "query");
        json.field("description", value.summary);
        json.key("schema").raw(R"({"type": "string"})").end_object();
    }
    json.end_array();
}

void write_request(JsonWriter& json, const Route& route) {
    json.key("requestBody").begin_object().field("required", true);
    json.key("content").begin_object().key("application/json").begin_object();
    json.key("schema").raw(route.request_schema).key("example").raw(route.example).end_object();
    if (route.takes_csv) json.key("text/csv").raw(R"({"schema": {"type": "string"}})");
    json.end_object().end_object();
}

void write_responses(JsonWriter& json, const Route& route) {
    const bool is_problem = route.errors == ErrorForm::problem;
    json.key("responses").begin_object();
    json.key("200").begin_object().field("description", "Done.");
    json.key("content").begin_object().key(route.response_type).begin_object();
    json.key("schema").raw(route.response_schema).end_object().end_object().end_object();
    json.key("default").begin_object().field("description", "Refused, with the reason.");
    json.key("content").begin_object();
    json.key(is_problem ? "application/problem+json" : "application/json").begin_object();
    json.key("schema").raw(error_schema(route.errors)).end_object().end_object().end_object();
    json.end_object();
}

void write_operation(JsonWriter& json, const Route& route, std::string_view path) {
    const bool is_first = route.paths[0] == path;
    std::string id(route.name);
    if (!is_first)
        id += "_" + std::to_string(std::ranges::find(route.paths, path) - route.paths.begin() + 1);
    json.key(route.method == Method::get ? "get" : "post").begin_object();
    json.field("operationId", id).field("summary", route.summary);
    write_parameters(json, route, path);
    if (route.method == Method::post) write_request(json, route);
    write_responses(json, route);
    if (route.needs == Role::nobody) json.key("security").raw("[]");
    json.end_object();
}

}  // namespace

std::string row_schema(const LoadedModel& model) {
    using project::OnViolation;
    const auto& contract = model.contract;
    const auto is_bounded = score::inputs_bounded(model.program());
    JsonWriter json;
    json.begin_object().field("type", "object");
    json.key("properties").begin_object();
    std::vector<std::string> required;
    for (size_t i = 0; i < model.program().asked().size(); ++i) {
        const auto& input = model.program().asked()[i];
        json.key(input.name).begin_object();
        if (input.is_nullable || contract.null != OnViolation::error) {
            json.list("type", std::vector<std::string_view>{json_type(input.type), "null"});
        } else {
            json.field("type", json_type(input.type));
            required.push_back(input.name);
        }
        const bool is_number = frame::is_numeric(input.type) && input.low && input.high;
        if (contract.range == OnViolation::error && is_bounded[i] != 0 && is_number)
            json.field("minimum", *input.low).field("maximum", *input.high);
        json.field("description", input.type.text()).end_object();
    }
    return json.end_object().list("required", required).end_object().take();
}

std::string openapi_document(const ModelSet& models) {
    std::map<std::string_view, std::vector<const Route*>> paths;
    for (const auto& route : Registry<Route>::of_kind().all()) {
        for (const std::string_view path : route.paths) paths[path].push_back(&route);
    }
    JsonWriter json;
    json.begin_object().field("openapi", "3.1.0");
    json.key("info").begin_object().field("title", "quern").field("version", version());
    json.end_object();
    json.key("security").raw(R"([{"token": []}])");
    json.key("paths").begin_object();
    for (const auto& [path, routes] : paths) {
        json.key(path).begin_object();
        for (const Route* route : routes) write_operation(json, *route, path);
        json.end_object();
    }
    json.end_object();
    json.key("components").begin_object();
    json.key("securitySchemes").raw(R"({"token": {"type": "http", "scheme": "bearer"}})");
    json.key("schemas").begin_object();
    for (const auto& [name, model] : models.models) {
        json.key(name).raw(row_schema(*model.champion));
    }
    return json.end_object().end_object().end_object().take();
}

}  // namespace quern::serve
