#include "quern/serve/csv_body.h"
#include "quern/serve/inference.h"

namespace quern::serve {
namespace {

class ScoreSink : public PredictionSink {
public:
    ScoreSink(std::string& out, bool is_explained) : out_(out), is_explained_(is_explained) {}

    bool wants_explanations() const override { return is_explained_; }
    void explain(const score::Explanations& explanations) override {
        explanations_ = &explanations;
    }

    void take(const LoadedModel& model, const score::Predictions& predictions,
              std::span<const score::ImputedField> imputed) override {
        for (size_t row = 0; row < predictions.row_count; ++row) {
            if (!is_first_) out_ += ", ";
            is_first_ = false;
            append(model, predictions, row);
            if (is_explained_) append_contributions(model, predictions, row);
            if (!imputed.empty() && imputed[0].row == row) {
                out_ += ", \"imputed\": [";
                append_imputed(out_, model, row, imputed);
                out_ += ']';
            }
            out_ += '}';
        }
    }

private:
    void append(const LoadedModel& model, const score::Predictions& predictions, size_t row) {
        out_ += "{\"prediction\": ";
        append_prediction(out_, model, predictions, row);
        if (model.is_binary()) {
            out_ += ", \"probability\": ";
            append_number(out_, predictions.output(row, 1));
        }
        for (size_t i = 0; i < model.label_keys.size(); ++i) {
            out_ += i == 0 ? ", \"probabilities\": {" : ", ";
            out_ += model.label_keys[i];
            append_number(out_, predictions.output(row, i));
        }
        if (model.is_classifier()) out_ += '}';
        if (predictions.region_count > 0) {
            out_ += model.is_classifier() ? ", \"set\": [" : ", \"interval\": [";
            append_region(out_, model, predictions, row);
            out_ += ']';
        }
    }

    // To the raw score of the predicted class, or to the only one.
    void append_contributions(const LoadedModel& model, const score::Predictions& predictions,
                              size_t row) {
        const size_t raw = explanations_->raw_of(predictions, row);
        out_ += ", \"base_score\": ";
        append_number(out_, explanations_->expected[raw]);
        for (size_t i = 0; i < model.source_keys.size(); ++i) {
            out_ += i == 0 ? ", \"contributions\": {" : ", ";
            out_ += model.source_keys[i];
            append_number(out_, explanations_->contribution(row, raw, i));
        }
        out_ += model.source_keys.empty() ? "" : "}";
    }

    std::string& out_;
    bool is_explained_;
    const score::Explanations* explanations_ = nullptr;  // of the batch
    bool is_first_ = true;
};

Status score(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(worker.models().find(request.model()));
    const bool is_csv = request.body_kind == BodyKind::csv;
    bool is_single = false;
    std::string& out = response.body;
    constexpr std::string_view kList = "{\"predictions\": [";
    out = kList;
    ScoreSink sink(out, TRY(is_asked(request.query, "explain")));
    const Inference inference{.model = model,
                              .form = is_csv ? RowForm::text : RowForm::json,
                              .body_bytes = request.body.size()};
    TRY(infer(inference, worker, response, sink, [&](Scoring& scoring) {
        return is_csv ? read_csv(request.body, scoring)
                      : worker.json().read_rows(request.body, scoring, is_single);
    }));
    if (is_single) {
        out.erase(0, kList.size());
        out.pop_back();
    } else {
        out += ']';
    }
    out += model.tail;
    return {};
}

QUERN_REGISTER(Route)
({.name = "score",
  .summary =
      "Scores a row, a list of rows, or CSV with a line of names; every row is good, or the "
      "answer names each fault. Fields that the model does not have are passed over in a row "
      "that has all of the model's. `probability` is that of the second of two classes.",
  .method = Method::post,
  .paths = {"/score/{model}"},
  .needs = Role::scorer,
  .errors = ErrorForm::problem,
  .takes_csv = true,
  .query = {{"explain",
             "true: also `contributions`, how far each feature moved the raw score of "
             "the predicted class away from `base_score`."}},
  .example = R"({"rows": [{"age": 39, "education": "Bachelors", "hours": 40}]})",
  .request_schema = R"({"oneOf": [{"type": "object", "description": "one row"},
    {"type": "array", "items": {"type": "object"}},
    {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "object"}}},
     "required": ["rows"], "additionalProperties": false}]})",
  .response_schema = R"({"type": "object", "properties": {
    "predictions": {"type": "array", "description": "of a list; of one row the parts stand alone",
      "items": {"type": "object", "properties": {"prediction": {},
        "probability": {"type": "number"}, "probabilities": {"type": "object"},
        "base_score": {"type": "number"}, "contributions": {"type": "object"},
        "set": {"type": "array", "description": "of a model with `conformal`: classes"},
        "interval": {"type": "array", "items": {"type": "number"},
          "description": "of a model with `conformal`: low and high"},
        "imputed": {"type": "array", "items": {"type": "string"}, "description":
          "fields that broke the contract, where the service imputes them"}}}},
    "model": {"type": "string"}, "version": {"type": "integer"}}})",
  .handle = score});

}  // namespace
}  // namespace quern::serve
