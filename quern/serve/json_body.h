// Reads JSON bodies straight into the columns of a model: every form of rows that a route takes.
// simdjson is reached only from json_body.cc.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/serve/scoring.h"
#include "quern/serve/settings.h"

namespace quern::serve {

// A tensor of an inference request: one column, or all columns row by row.
struct Tensor {
    std::string_view name, datatype;
    std::array<int64_t, 2> shape{};
    size_t shape_size = 0;
    size_t value_begin = 0, value_count = 0;  // in InferenceRequest::values
};

struct InferenceRequest {
    std::string_view id;
    std::vector<Tensor> inputs;
    std::vector<score::FieldValue> values;  // of all tensors, row by row
    std::vector<std::string_view> outputs;  // the ones that are wanted; empty: all
};

// One a thread: it keeps the parser's memory. Bodies must have kBodyPadding readable bytes after
// their end. Texts that were read are good until the next body.
class JsonBody {
public:
    explicit JsonBody(const Limits& limits);
    ~JsonBody();

    // {..row..}, [{..row..}] or {"rows": [{..row..}]}; `is_single` says it was the first.
    Status read_rows(std::string_view body, Scoring& scoring, bool& is_single);
    // MLflow's dataframe_split, dataframe_records, instances or inputs.
    Status read_frame(std::string_view body, Scoring& scoring);
    // The request of the Open Inference Protocol.
    Status read_inference(std::string_view body, InferenceRequest& request);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quern::serve
