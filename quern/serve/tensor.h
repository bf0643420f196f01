// The words of the Open Inference Protocol for a model's inputs and outputs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/request.h"
#include "quern/serve/models.h"

namespace quern::serve {

struct TensorSpec {
    std::string name;
    std::string_view datatype;
    int64_t columns = 0;  // 0: shape [rows], else [rows, columns]
};

std::vector<TensorSpec> input_tensors(const score::Program& program);
// prediction; of two classes also probability; of a classifier also probabilities; where the
// service imputes also imputed, a JSON list of names for each row.
std::vector<TensorSpec> output_tensors(const LoadedModel& model);

// Whether a JSON value of this kind may stand in a tensor of this datatype; an unknown datatype
// takes none. NULL may stand anywhere.
bool is_datatype(std::string_view datatype);
bool fits_datatype(std::string_view datatype, score::FieldValue::Kind kind);

}  // namespace quern::serve
