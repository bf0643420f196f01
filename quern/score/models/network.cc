#include "quern/score/models/network.h"

#include <algorithm>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"
#include "quern/score/models/lanes.h"

namespace quern::score {
namespace {

struct PreparedLayer {
    size_t input_count = 0, output_count = 0;
    std::vector<double> weights;    // groups of outputs, see lanes.h; or
    std::vector<int8_t> weights_8;  // these
    std::vector<double> scales;     // of weights_8, padded to whole groups
    std::vector<double> biases;     // padded
};

struct Prepared {
    Activation activation;
    std::vector<PreparedLayer> layers;
    size_t column_count = 0, width_max = 0;  // padded
    const LaneKernel* kernel = nullptr;
};

void run_layer(const PreparedLayer& layer, const LaneKernel& kernel, const double* inputs,
               double* outputs) {
    const size_t group_size = layer.input_count * kLaneCount;
    const bool is_small = !layer.weights_8.empty();
    for (size_t group = 0; group < group_count(layer.output_count); ++group) {
        const size_t first = group * kLaneCount;
        if (!is_small) {
            std::copy_n(layer.biases.data() + first, kLaneCount, outputs + first);
            kernel.weighted_sums(layer.weights.data() + group * group_size, inputs,
                                 layer.input_count, outputs + first);
            continue;
        }
        std::fill_n(outputs + first, kLaneCount, 0.0);
        kernel.weighted_sums_8(layer.weights_8.data() + group * group_size, inputs,
                               layer.input_count, outputs + first);
        for (size_t i = first; i < first + kLaneCount; ++i)
            outputs[i] = layer.biases[i] + layer.scales[i] * outputs[i];
    }
}

void score_network(const void* prepared, const double* matrix, size_t row_count, double* raw,
                   std::byte* scratch) {
    const Prepared& network = *static_cast<const Prepared*>(prepared);
    auto* now = reinterpret_cast<double*>(scratch);
    double* next = now + network.width_max;
    for (size_t row = 0; row < row_count; ++row, matrix += network.column_count) {
        const double* inputs = matrix;
        for (size_t l = 0; l < network.layers.size(); ++l) {
            const PreparedLayer& layer = network.layers[l];
            run_layer(layer, *network.kernel, inputs, next);
            std::swap(now, next);
            inputs = now;
            if (l + 1 == network.layers.size()) break;
            for (size_t i = 0; i < layer.output_count; ++i)
                now[i] = activate(network.activation, now[i]);
        }
        raw = std::copy_n(inputs, network.layers.back().output_count, raw);
    }
}

std::vector<double> padded(const double* values, size_t count) {
    std::vector<double> made(group_count(count) * kLaneCount);
    std::copy_n(values, count, made.begin());
    return made;
}

Result<BoundModel> bind_network(const Buffers& learned, size_t column_count) {
    const Network network = TRY(unpack_network(learned, column_count));
    auto prepared = std::make_shared<Prepared>();
    prepared->activation = network.activation;
    prepared->column_count = column_count;
    prepared->kernel = lane_kernels().front();
    const auto* small = find_buffer<uint8_t>(learned, "weights_8");
    const auto* scales = find_buffer<double>(learned, "scales");
    size_t inputs = column_count, weight = 0, output = 0;
    for (const auto& from : network.layers) {
        PreparedLayer layer{.input_count = inputs, .output_count = from.biases.size()};
        layer.biases = padded(from.biases.data(), layer.output_count);
        if (small == nullptr) {
            layer.weights = to_groups(from.weights.data(), layer.output_count, inputs);
        } else {
            const auto* bytes = reinterpret_cast<const int8_t*>(small->data() + weight);
            layer.weights_8 = to_groups(bytes, layer.output_count, inputs);
            layer.scales = padded(scales->data() + output, layer.output_count);
        }
        prepared->width_max = std::max(prepared->width_max, layer.biases.size());
        weight += from.weights.size();
        output += layer.output_count;
        inputs = layer.output_count;
        prepared->layers.push_back(std::move(layer));
    }
    const std::string words = small == nullptr ? "layers, " : "layers of 8-bit weights, ";
    return BoundModel{score_network, prepared, inputs, words + prepared->kernel->name,
                      2 * prepared->width_max * sizeof(double)};
}

std::string describe_network(const Buffers& learned) {
    std::string text = "layers of";
    if (const auto* widths = find_buffer<uint32_t>(learned, "widths"))
        for (size_t i = 0; i < widths->size() && i < kNetworkLayersMax; ++i)
            text += (i == 0 ? " " : ", ") + std::to_string((*widths)[i]);
    const auto* weights = find_buffer<double>(learned, "weights");
    const auto* small = find_buffer<uint8_t>(learned, "weights_8");
    if (small != nullptr) return text + "; " + plural(std::ssize(*small), "weight") + " of 8 bits";
    return text + "; " + plural(weights == nullptr ? 0 : std::ssize(*weights), "weight");
}

}  // namespace

double activate(Activation activation, double value) {
    switch (activation) {
        case Activation::relu:
            return value < 0 ? 0 : value;  // NaN stays
        case Activation::tanh:
            return std::tanh(value);
        case Activation::logistic:
            return 1 / (1 + std::exp(-value));
    }
    return value;
}

QUERN_REGISTER(ModelKind)({
    .name = "network",
    .summary = "A small dense network.",
    .bind = bind_network,
    .describe = describe_network,
});

}  // namespace quern::score
