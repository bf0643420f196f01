#include "quern/serve/inference.h"

#include <charconv>
#include <cmath>

#include "quern/base/clock.h"

namespace quern::serve {

void append_number(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_prediction(std::string& out, const LoadedModel& model,
                       const score::Predictions& predictions, size_t row) {
    if (model.is_classifier()) {
        out += model.labels[predictions.labels[row]];
    } else {
        append_number(out, predictions.output(row, 0));
    }
}

void append_region(std::string& out, const LoadedModel& model,
                   const score::Predictions& predictions, size_t row) {
    const double* region = predictions.region.data() + row * predictions.region_count;
    bool is_first = true;
    for (size_t i = 0; i < predictions.region_count; ++i) {
        if (model.is_classifier() && region[i] == 0) continue;
        if (!is_first) out += ", ";
        is_first = false;
        if (model.is_classifier())
            out += model.labels[i];
        else
            append_number(out, region[i]);
    }
}

void append_imputed(std::string& out, const LoadedModel& model, size_t row,
                    std::span<const score::ImputedField>& imputed) {
    bool is_first = true;
    for (; !imputed.empty() && imputed[0].row == row; imputed = imputed.subspan(1)) {
        if (!is_first) out += ", ";
        is_first = false;
        out += model.input_names[imputed[0].input];
    }
}

Status infer(const Inference& inference, Worker& worker, Response& response, PredictionSink& sink,
             const std::function<Status(Scoring&)>& read) {
    const double begin = steady_seconds();
    const LoadedModel& model = inference.model;
    Lane& lane = worker.lanes().find(model, inference.form, inference.body_bytes);
    Scoring scoring({.model = model,
                     .lane = lane,
                     .sink = sink,
                     .row_count_max = static_cast<size_t>(worker.settings().limits.rows)});
    Status status = read(scoring);
    if (status.ok()) status = scoring.finish(response);
    if (status.code() == Code::resource_exhausted) response.http = 413;
    const int http =
        status.ok() || response.http != 200 ? response.http : http_status(status.code());
    const size_t row_count = status.ok() ? scoring.row_count() : 0;
    worker.metrics().add_inference(model, http, row_count, steady_seconds() - begin);
    return status;
}

}  // namespace quern::serve
