// The parts of an ONNX file that a model of classic machine learning is made of, read from the wire
// form of protocol buffers. Every length is checked against the bytes that are there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::score {

struct OnnxAttribute {
    double number = 0;
    int64_t integer = 0;
    std::string_view text;
    std::vector<double> numbers;  // also of a tensor
    std::vector<int64_t> integers;
    std::vector<std::string_view> texts;
    bool is_tensor = false;
};

struct OnnxNode {
    std::string_view operation, name;
    std::vector<std::string_view> inputs, outputs;
    std::map<std::string_view, OnnxAttribute> attributes;

    // Empty where it is not there.
    const OnnxAttribute& get(std::string_view attribute) const;
};

struct OnnxInput {
    std::string_view name;
    int64_t element = 0;  // 1 float, 7 int64, 11 double, ...
    int64_t width = 0;    // of its last dimension; 0: not said
};

struct OnnxFile {
    std::string_view producer, producer_version;
    std::vector<OnnxNode> nodes;  // in an order in which they can be run
    std::vector<OnnxInput> inputs;
    std::vector<std::string_view> initializers;
};

// The texts point into `bytes`.
Result<OnnxFile> read_onnx(std::string_view bytes);

}  // namespace quern::score
