// What all routes that score share: the model's lane, the row limit, the counting.
#pragma once

#include <functional>

#include "quern/serve/worker.h"

namespace quern::serve {

struct Inference {
    const LoadedModel& model;
    RowForm form = RowForm::json;
    size_t body_bytes = 0;
};

// Has `read` bring the rows, scores them into `sink`, and counts the request.
Status infer(const Inference& inference, Worker& worker, Response& response, PredictionSink& sink,
             const std::function<Status(Scoring&)>& read);

// JSON of one prediction: the label or the value. NaN and infinities are null.
// The inside of a JSON list: low and high, or each label of the set. Only of a model with a
// conformal part.
void append_region(std::string& out, const LoadedModel& model,
                   const score::Predictions& predictions, size_t row);
void append_prediction(std::string& out, const LoadedModel& model,
                       const score::Predictions& predictions, size_t row);
// The inside of a JSON list: the names of the row's imputed fields, which are then taken off the
// front of `imputed`. Nothing where it has none.
void append_imputed(std::string& out, const LoadedModel& model, size_t row,
                    std::span<const score::ImputedField>& imputed);
void append_number(std::string& out, double number);

}  // namespace quern::serve
