// Networks to buffers and back, with every check a hostile file calls for.
#include <algorithm>
#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/models/network.h"

namespace quern::score {
namespace {

// "weights", or "weights_8" with a scale an output, as doubles.
Result<std::vector<double>> take_weights(const Buffers& learned,
                                         const std::vector<uint32_t>& widths, size_t column_count,
                                         size_t weight_count, size_t output_count) {
    if (!learned.contains("weights_8")) {
        if (learned.contains("scales")) return corrupt("a network has scales of no weights");
        return take_finite(learned, "weights", weight_count);
    }
    if (learned.contains("weights")) return corrupt("a network has its weights twice");
    const auto small = TRY(take_buffer<uint8_t>(learned, "weights_8", weight_count));
    const auto scales = TRY(take_finite(learned, "scales", output_count));
    std::vector<double> weights;
    weights.reserve(weight_count);
    size_t inputs = column_count, output = 0;
    for (const uint32_t width : widths) {
        for (uint32_t i = 0; i < width; ++i, ++output)
            for (size_t c = 0; c < inputs; ++c)
                weights.push_back(static_cast<int8_t>(small[weights.size()]) * scales[output]);
        inputs = width;
    }
    return weights;
}

}  // namespace

Result<Network> unpack_network(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"activation", "widths", "weights", "weights_8", "scales", "biases"}));
    const auto widths = TRY(take_buffer<uint32_t>(learned, "widths"));
    if (widths.empty() || widths.size() > kNetworkLayersMax || column_count == 0)
        return corrupt("a network of no or too many layers");
    size_t inputs = column_count, weight_count = 0, output_count = 0;
    for (const uint32_t width : widths) {
        if (width == 0 || width > kNetworkWidthMax)
            return corrupt("a layer's width is out of range");
        weight_count += inputs * width;
        output_count += width;
        inputs = width;
    }
    Network network;
    const auto activation = TRY(take_buffer<uint8_t>(learned, "activation", 1))[0];
    if (activation > static_cast<uint8_t>(Activation::logistic))
        return corrupt("a network's activation is not known");
    network.activation = static_cast<Activation>(activation);
    const auto biases = TRY(take_finite(learned, "biases", output_count));
    const auto weights =
        TRY(take_weights(learned, widths, column_count, weight_count, output_count));
    auto weight = weights.begin();
    auto bias = biases.begin();
    inputs = column_count;
    for (const uint32_t width : widths) {
        const auto size = static_cast<ptrdiff_t>(inputs * width);
        network.layers.push_back({{weight, weight + size}, {bias, bias + width}});
        weight += size;
        bias += width;
        inputs = width;
    }
    return network;
}

FittedModel pack(const Network& network) {
    std::vector<uint32_t> widths;
    std::vector<double> weights, biases;
    for (const auto& layer : network.layers) {
        widths.push_back(static_cast<uint32_t>(layer.biases.size()));
        weights.insert(weights.end(), layer.weights.begin(), layer.weights.end());
        biases.insert(biases.end(), layer.biases.begin(), layer.biases.end());
    }
    return {"network",
            {{"activation", std::vector<uint8_t>{static_cast<uint8_t>(network.activation)}},
             {"widths", std::move(widths)},
             {"weights", std::move(weights)},
             {"biases", std::move(biases)}}};
}

Status quantize_network(FittedModel& model, size_t column_count) {
    const Network network = TRY(unpack_network(model.learned, column_count));
    constexpr double kMost = 127;
    std::vector<uint8_t> small;
    std::vector<double> scales;
    for (const auto& layer : network.layers) {
        const size_t inputs = layer.weights.size() / layer.biases.size();
        for (size_t output = 0; output < layer.biases.size(); ++output) {
            const double* row = layer.weights.data() + output * inputs;
            double largest = 0;
            for (size_t c = 0; c < inputs; ++c) largest = std::max(largest, std::abs(row[c]));
            scales.push_back(largest / kMost);
            for (size_t c = 0; c < inputs; ++c) {
                const double steps = scales.back() > 0 ? std::nearbyint(row[c] / scales.back()) : 0;
                small.push_back(
                    static_cast<uint8_t>(static_cast<int8_t>(std::clamp(steps, -kMost, kMost))));
            }
        }
    }
    model.learned.erase("weights");
    model.learned["weights_8"] = std::move(small);
    model.learned["scales"] = std::move(scales);
    return {};
}

}  // namespace quern::score
