#include <algorithm>

#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/serve/inference.h"
#include "quern/serve/tensor.h"

namespace quern::serve {
namespace {

// Each output of all rows, as the inside of a JSON list.
struct Columns {
    std::string prediction, probability, probabilities, region, imputed;
};

class TensorSink : public PredictionSink {
public:
    explicit TensorSink(Columns& columns) : columns_(columns) {}

    Status take(const LoadedModel& model, Lane& lane) override {
        const score::Predictions& predictions = lane.predictions;
        std::span<const score::ImputedField> imputed = lane.reader.imputed();
        for (size_t row = 0; row < predictions.row_count; ++row) {
            const std::string_view comma = is_first_ ? "" : ", ";
            is_first_ = false;
            columns_.prediction += comma;
            append_prediction(columns_.prediction, model, predictions, row);
            if (model.is_binary()) {
                columns_.probability += comma;
                append_number(columns_.probability, predictions.output(row, 1));
            }
            for (size_t i = 0; i < model.labels.size(); ++i) {
                columns_.probabilities += i == 0 ? comma : ", ";
                append_number(columns_.probabilities, predictions.output(row, i));
            }
            for (size_t i = 0; i < predictions.region_count; ++i) {
                const double value = predictions.region[row * predictions.region_count + i];
                columns_.region += i == 0 ? comma : ", ";
                if (model.is_classifier())
                    columns_.region += value != 0 ? "true" : "false";
                else
                    append_number(columns_.region, value);
            }
            if (!model.contract.imputes()) continue;
            std::string names;  // a JSON list, inside of a JSON text
            append_imputed(names, model, row, imputed);
            columns_.imputed += comma;
            columns_.imputed += json_string("[" + names + "]");
        }
        return {};
    }

private:
    Columns& columns_;
    bool is_first_ = true;
};

// One tensor that holds every input, row by row in the model's order.
bool is_whole_matrix(const InferenceRequest& request, const score::Program& program) {
    if (request.inputs.size() != 1 || request.inputs[0].shape_size != 2) return false;
    const auto columns = static_cast<size_t>(request.inputs[0].shape[1]);
    return columns == program.asked().size() && columns > 1;
}

Status check_values(const InferenceRequest& request, const Tensor& tensor) {
    const std::string name(tensor.name);
    if (!is_datatype(tensor.datatype)) {
        return invalid_argument("tensor '" + name + "' has the unknown datatype '" +
                                std::string(tensor.datatype) + "'");
    }
    for (size_t i = 0; i < tensor.value_count; ++i) {
        if (fits_datatype(tensor.datatype, request.values[tensor.value_begin + i].kind)) continue;
        return invalid_argument("value " + std::to_string(i) + " of tensor '" + name + "' is no " +
                                std::string(tensor.datatype));
    }
    return {};
}

Status feed_matrix(const InferenceRequest& request, Scoring& scoring) {
    const Tensor& tensor = request.inputs[0];
    TRY(check_values(request, tensor));
    const auto columns = static_cast<size_t>(tensor.shape[1]);
    for (int64_t row = 0; row < tensor.shape[0]; ++row) {
        TRY(scoring.begin_row());
        const size_t begin = tensor.value_begin + static_cast<size_t>(row) * columns;
        for (size_t i = 0; i < columns; ++i) {
            scoring.field(static_cast<int>(i), request.values[begin + i]);
        }
        TRY(scoring.end_row());
    }
    return {};
}

Result<std::vector<int>> find_inputs(const InferenceRequest& request, const Scoring& scoring) {
    std::vector<int> inputs;
    for (const auto& tensor : request.inputs) {
        const int input = scoring.find(tensor.name);
        if (input < 0) {
            std::vector<std::string_view> names;
            for (const auto& known : scoring.model().program().asked()) names.push_back(known.name);
            return unknown_name("input", tensor.name, names);
        }
        if (std::ranges::find(inputs, input) != inputs.end()) {
            return invalid_argument("input '" + std::string(tensor.name) + "' comes twice");
        }
        inputs.push_back(input);
    }
    return inputs;
}

Status feed_columns(const InferenceRequest& request, Scoring& scoring) {
    const std::vector<int> inputs = TRY(find_inputs(request, scoring));
    const size_t row_count = request.inputs[0].value_count;
    for (const auto& tensor : request.inputs) {
        TRY(check_values(request, tensor));
        const bool is_column = tensor.shape_size == 1 || tensor.shape[1] == 1;
        if (is_column && tensor.value_count == row_count) continue;
        return invalid_argument("tensor '" + std::string(tensor.name) + "' must have the shape [" +
                                std::to_string(row_count) + "] or [" + std::to_string(row_count) +
                                ", 1]");
    }
    for (size_t row = 0; row < row_count; ++row) {
        TRY(scoring.begin_row());
        for (size_t i = 0; i < inputs.size(); ++i) {
            scoring.field(inputs[i], request.values[request.inputs[i].value_begin + row]);
        }
        TRY(scoring.end_row());
    }
    return {};
}

Status check_wanted(const InferenceRequest& request, const std::vector<TensorSpec>& outputs) {
    std::vector<std::string_view> names;
    for (const auto& output : outputs) names.push_back(output.name);
    for (const std::string_view wanted : request.outputs) {
        if (std::ranges::find(names, wanted) == names.end()) {
            return unknown_name("output", wanted, names);
        }
    }
    return {};
}

// Columns come back as they came: [rows] or [rows, 1].
std::string shape_text(const InferenceRequest& request, size_t row_count, int64_t columns) {
    const auto is_2d = [](const Tensor& tensor) { return tensor.shape_size == 2; };
    if (columns == 0 && std::ranges::all_of(request.inputs, is_2d)) columns = 1;
    const std::string rows = std::to_string(row_count);
    return "[" + rows + (columns > 0 ? ", " + std::to_string(columns) : "") + "]";
}

void write_answer(const LoadedModel& model, const InferenceRequest& request, const Columns& columns,
                  size_t row_count, std::string& out) {
    out = "{\"model_name\": " + json_string(model.name) + ", \"model_version\": \"" +
          std::to_string(model.version) + "\"";
    if (!request.id.empty()) out += ", \"id\": " + json_string(request.id);
    out += ", \"outputs\": [";
    bool is_first = true;
    for (const auto& output : output_tensors(model)) {
        const bool is_wanted =
            request.outputs.empty() ||
            std::ranges::find(request.outputs, output.name) != request.outputs.end();
        if (!is_wanted) continue;
        if (!is_first) out += ", ";
        is_first = false;
        out += "{\"name\": \"" + output.name + "\", \"datatype\": \"";
        out.append(output.datatype).append("\", \"shape\": ");
        out += shape_text(request, row_count, output.columns) + ", \"data\": [";
        out += output.name == "prediction"      ? columns.prediction
               : output.name == "probability"   ? columns.probability
               : output.name == "probabilities" ? columns.probabilities
               : output.name == "imputed"       ? columns.imputed
                                                : columns.region;
        out += "]}";
    }
    out += "]}";
}

Status infer_tensors(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(worker.models().find(request.model(), request.version()));
    InferenceRequest tensors;
    Columns columns;
    TensorSink sink(columns);
    size_t row_count = 0;
    const Inference inference{
        .model = model, .form = RowForm::json, .body_bytes = request.body.size()};
    const auto read = [&](Scoring& scoring) -> Status {
        TRY(worker.json().read_inference(request.body, tensors));
        TRY(check_wanted(tensors, output_tensors(model)));
        TRY(is_whole_matrix(tensors, model.program()) ? feed_matrix(tensors, scoring)
                                                      : feed_columns(tensors, scoring));
        row_count = scoring.row_count();
        return {};
    };
    TRY(infer(inference, worker, response, sink, read));
    write_answer(model, tensors, columns, row_count, response.body);
    return {};
}

QUERN_REGISTER(Route)
({.name = "infer",
  .summary = "Scores tensors, one for each input (shape [rows] or [rows, 1]) or one of all inputs "
             "in the model's order, as the Open Inference Protocol asks.",
  .method = Method::post,
  .paths = {"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"},
  .needs = Role::scorer,
  .errors = ErrorForm::inference,
  .example = R"({"id": "1", "inputs": [
    {"name": "age", "shape": [1], "datatype": "INT64", "data": [39]},
    {"name": "education", "shape": [1], "datatype": "BYTES", "data": ["Bachelors"]},
    {"name": "hours", "shape": [1], "datatype": "FP64", "data": [40]}]})",
  .request_schema = R"({"type": "object", "properties": {"id": {"type": "string"},
    "parameters": {"type": "object"},
    "inputs": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer"}},
      "datatype": {"type": "string"}, "data": {"type": "array"}},
      "required": ["name", "shape", "datatype", "data"]}},
    "outputs": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}}}}}, "required": ["inputs"]})",
  .response_schema = R"({"type": "object", "properties": {"model_name": {"type": "string"},
    "model_version": {"type": "string"}, "id": {"type": "string"},
    "outputs": {"type": "array", "items": {"type": "object"}}}})",
  .handle = infer_tensors});

}  // namespace
}  // namespace quern::serve
