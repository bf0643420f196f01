#include "quern/serve/csv_body.h"
#include "quern/serve/inference.h"

namespace quern::serve {
namespace {

class LabelSink : public PredictionSink {
public:
    explicit LabelSink(std::string& out) : out_(out) {}

    Status take(const LoadedModel& model, Lane& lane) override {
        const score::Predictions& predictions = lane.predictions;
        std::span<const score::ImputedField> imputed = lane.reader.imputed();
        for (size_t row = 0; row < predictions.row_count; ++row, ++row_count_) {
            if (row_count_ > 0) out_ += ", ";
            append_prediction(out_, model, predictions, row);
            if (imputed.empty() || imputed[0].row != row) continue;
            imputed_ += imputed_.empty() ? "" : ", ";
            imputed_ += "{\"row\": " + std::to_string(row_count_) + ", \"fields\": [";
            append_imputed(imputed_, model, row, imputed);
            imputed_ += "]}";
        }
        return {};
    }

    // Of all rows, as the inside of a JSON list.
    const std::string& imputed() const { return imputed_; }

private:
    std::string& out_;
    std::string imputed_;
    size_t row_count_ = 0;
};

// MLflow serves one model; here it is the one that ?model= or the settings name, or the only one.
Result<const LoadedModel*> choose_model(const Request& request, Worker& worker) {
    const ModelSet& models = worker.models();
    std::string name = TRY(query_value(request.query, "model"));
    if (name.empty()) name = worker.settings().default_model;
    if (!name.empty()) return models.find(name);
    if (models.models.size() == 1) return models.models.begin()->second.champion.get();
    return invalid_argument("several models are served, and none of them is the default")
        .hint("say which: /invocations?model=NAME, or `quern serve --default-model NAME`");
}

Status invocations(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(choose_model(request, worker));
    const bool is_csv = request.body_kind == BodyKind::csv;
    response.body = "{\"predictions\": [";
    LabelSink sink(response.body);
    const Inference inference{.model = model,
                              .form = is_csv ? RowForm::text : RowForm::json,
                              .body_bytes = request.body.size()};
    TRY(infer(inference, worker, response, sink, [&](Scoring& scoring) {
        return is_csv ? read_csv(request.body, scoring)
                      : worker.json().read_frame(request.body, scoring);
    }));
    response.body += ']';
    if (!sink.imputed().empty()) response.body += ", \"imputed\": [" + sink.imputed() + "]";
    response.body += '}';
    return {};
}

QUERN_REGISTER(Route)
({.name = "invocations",
  .summary = "MLflow's scoring request: dataframe_split, dataframe_records, instances, inputs or "
             "CSV. Columns that the model does not have are passed over when all of its own came.",
  .method = Method::post,
  .paths = {"/invocations"},
  .needs = Role::scorer,
  .errors = ErrorForm::mlflow,
  .takes_csv = true,
  .query = {{"model", "Which model, where several are served."}},
  .example = R"({"dataframe_split": {"columns": ["age", "education", "hours"],
    "data": [[39, "Bachelors", 40]]}})",
  .request_schema = R"({"type": "object", "properties": {
    "dataframe_split": {"type": "object", "properties": {
      "columns": {"type": "array", "items": {"type": "string"}}, "index": {"type": "array"},
      "data": {"type": "array", "items": {"type": "array"}}}, "required": ["columns", "data"]},
    "dataframe_records": {"type": "array", "items": {"type": "object"}},
    "instances": {"type": "array"}, "inputs": {"type": ["object", "array"]},
    "params": {"type": "object"}}})",
  .response_schema = R"({"type": "object", "properties": {"predictions": {"type": "array"},
    "imputed": {"type": "array", "items": {"type": "object", "properties": {
      "row": {"type": "integer", "description": "from 0"},
      "fields": {"type": "array", "items": {"type": "string"}}}}, "description":
      "fields that broke the contract, where the service imputes them"}}})",
  .handle = invocations});

}  // namespace
}  // namespace quern::serve
