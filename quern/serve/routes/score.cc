#include "quern/serve/csv_body.h"
#include "quern/serve/inference.h"

namespace quern::serve {
namespace {

constexpr size_t kInteractionsMax = 1'000'000;  // in one answer

// What is told beside the scores.
struct Asked {
    bool contributions = false, interactions = false;
};

class ScoreSink : public PredictionSink {
public:
    ScoreSink(std::string& out, Asked asked) : out_(out), asked_(asked) {}

    Status take(const LoadedModel& model, Lane& lane) override {
        const score::Predictions& predictions = lane.predictions;
        std::span<const score::ImputedField> imputed = lane.reader.imputed();
        if (asked_.contributions) TRY(model.scorer.explain(lane.scratch, lane.explanations));
        if (asked_.interactions) TRY(count_pairs(model, predictions.row_count));
        for (size_t row = 0; row < predictions.row_count; ++row) {
            if (!is_first_) out_ += ", ";
            is_first_ = false;
            append(model, predictions, row);
            if (asked_.contributions) append_contributions(model, lane, row);
            if (asked_.interactions) TRY(append_interactions(model, lane, row));
            if (!imputed.empty() && imputed[0].row == row) {
                out_ += ", \"imputed\": [";
                append_imputed(out_, model, row, imputed);
                out_ += ']';
            }
            out_ += '}';
        }
        return {};
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
    void append_contributions(const LoadedModel& model, const Lane& lane, size_t row) {
        const auto& explanations = lane.explanations;
        const size_t raw = explanations.raw_of(lane.predictions, row);
        append_base(explanations.expected[raw]);
        for (size_t i = 0; i < model.source_keys.size(); ++i) {
            out_ += i == 0 ? ", \"contributions\": {" : ", ";
            out_ += model.source_keys[i];
            append_number(out_, explanations.contribution(row, raw, i));
        }
        out_ += model.source_keys.empty() ? "" : "}";
    }

    Status append_interactions(const LoadedModel& model, Lane& lane, size_t row) {
        TRY(model.scorer.interact(lane.scratch, row, lane.pairs));
        const size_t raw = lane.pairs.raw_of(lane.predictions, row);
        if (!asked_.contributions) append_base(lane.pairs.expected[raw]);
        size_t next = 0;
        lane.pairs.for_each(raw, [&](double value) {
            out_ += next == 0 ? ", \"interactions\": {" : ", ";
            out_ += model.pair_keys[next++];
            append_number(out_, value);
        });
        out_ += next == 0 ? "" : "}";
        return {};
    }

    void append_base(double score) {
        out_ += ", \"base_score\": ";
        append_number(out_, score);
    }

    Status count_pairs(const LoadedModel& model, size_t row_count) {
        TRY(model.scorer.can_interact());
        pair_count_ += row_count * model.pair_keys.size();
        if (pair_count_ <= kInteractionsMax) return {};
        return resource_exhausted("the interactions of " + std::to_string(model.pair_keys.size()) +
                                  " features and pairs are told of at most " +
                                  std::to_string(kInteractionsMax / model.pair_keys.size()) +
                                  " rows in one answer");
    }

    std::string& out_;
    const Asked asked_;
    size_t pair_count_ = 0;  // of the request
    bool is_first_ = true;
};

Status score(const Request& request, Worker& worker, Response& response) {
    const LoadedModel& model = *TRY(worker.models().find(request.model()));
    const bool is_csv = request.body_kind == BodyKind::csv;
    bool is_single = false;
    std::string& out = response.body;
    constexpr std::string_view kList = "{\"predictions\": [";
    out = kList;
    const bool is_explained = TRY(is_asked(request.query, "explain"));
    ScoreSink sink(out, {is_explained, TRY(is_asked(request.query, "interactions"))});
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
             "the predicted class away from `base_score`."},
            {"interactions",
             "true: also `interactions`, what each feature did alone and what each two, `age * "
             "hours`, added together."}},
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
        "interactions": {"type": "object"},
        "set": {"type": "array", "description": "of a model with `conformal`: classes"},
        "interval": {"type": "array", "items": {"type": "number"},
          "description": "of a model with `conformal`: low and high"},
        "imputed": {"type": "array", "items": {"type": "string"}, "description":
          "fields that broke the contract, where the service imputes them"}}}},
    "model": {"type": "string"}, "version": {"type": "integer"}}})",
  .handle = score});

}  // namespace
}  // namespace quern::serve
