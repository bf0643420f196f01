// Small dense networks: layers of weighted sums, each but the last bent by one function.
#pragma once

#include <vector>

#include "quern/score/program.h"

namespace quern::score {

enum class Activation : uint8_t { relu, tanh, logistic };

double activate(Activation activation, double value);

struct Network {
    struct Layer {
        std::vector<double> weights;  // [output][input]
        std::vector<double> biases;   // by output
    };
    Activation activation = Activation::relu;
    std::vector<Layer> layers;
};

constexpr size_t kNetworkWidthMax = 4096;
constexpr size_t kNetworkLayersMax = 16;

FittedModel pack(const Network& network);
Result<Network> unpack_network(const Buffers& learned, size_t column_count);

// Each output's weights as 8-bit multiples of one number: a file of about an eighth. Scoring stays
// in doubles.
Status quantize_network(FittedModel& model, size_t column_count);

}  // namespace quern::score
