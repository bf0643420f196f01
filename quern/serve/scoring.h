// From the rows of one request to predictions, batch by batch, in memory that a thread keeps.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "quern/score/request.h"
#include "quern/score/scorer.h"
#include "quern/serve/http.h"
#include "quern/serve/models.h"

namespace quern::serve {

// How the fields of a row are read.
enum class RowForm : uint8_t {
    json,
    text,  // CSV: texts stand for values of any type
};

constexpr size_t kFieldErrorsMax = 100;
// A body up to this size is scored in small batches, whose memory stays in the processor's cache.
constexpr size_t kSmallBodyBytes = 16 << 10;
constexpr size_t kSmallBatchRows = 64;

// One thread's memory for one model and one form.
struct Lane {
    Lane(const LoadedModel& model, RowForm row_form, size_t batch_rows);

    uint64_t serial;
    RowForm form;
    size_t row_count_max;
    score::RowReader reader;
    score::Scratch scratch;
    score::Predictions predictions;
    score::Explanations explanations;
    score::Interactions pairs;
};

class Lanes {
public:
    Lane& find(const LoadedModel& model, RowForm form, size_t body_bytes);
    void keep_only(const ModelSet& models);

private:
    std::vector<std::unique_ptr<Lane>> lanes_;
};

// Takes the batches, in the order of the rows.
class PredictionSink {
public:
    virtual ~PredictionSink() = default;
    // The lane's reader and predictions are of one batch, all of whose rows are good.
    virtual Status take(const LoadedModel& model, Lane& lane) = 0;
};

// begin_row, field..., end_row for each row; then finish. All rows are good, or the request fails
// with every fault that was found, up to kFieldErrorsMax.
class Scoring {
public:
    struct Target {
        const LoadedModel& model;
        Lane& lane;
        PredictionSink& sink;
        size_t row_count_max;
    };
    explicit Scoring(const Target& target);

    Status begin_row();
    // The name is good until end_row.
    void field(std::string_view name, const score::FieldValue& value) {
        lane_.reader.field(name, value);
    }
    void field(int input, const score::FieldValue& value) { lane_.reader.field(input, value); }
    int find(std::string_view name) const { return lane_.reader.find(name); }
    // Whether the field is a list, struct or map to the model, or read as JSON.
    bool takes_json(std::string_view name) const { return lane_.reader.takes_json(name); }
    // Of this row's field; of one that the model does not have, only that it came counts.
    void add_error(std::string_view field, std::string message);
    // Of the body as a whole, before its first row.
    void add_body_error(std::string_view field, std::string message);
    Status end_row();

    Status finish(Response& response);
    size_t row_count() const { return row_count_; }
    const LoadedModel& model() const { return model_; }

private:
    Status flush();

    const LoadedModel& model_;
    Lane& lane_;
    PredictionSink& sink_;
    size_t row_count_max_;
    size_t row_count_ = 0, flushed_row_count_ = 0;
    std::vector<score::FieldError> errors_;
};

}  // namespace quern::serve
