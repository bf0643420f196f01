#include "quern/train/network_fit.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "quern/score/models/lanes.h"

namespace quern::train {
namespace {

using score::Activation;
using score::kLaneCount;

static_assert(kLaneCount == 16);

// The slope, from what came out.
double slope(Activation activation, double out) {
    switch (activation) {
        case Activation::relu:
            return out > 0 ? 1 : 0;
        case Activation::tanh:
            return 1 - out * out;
        case Activation::logistic:
            return out * (1 - out);
    }
    return 0;
}

}  // namespace

NetworkFit::NetworkFit(Task task, Activation activation, size_t column_count,
                       const std::vector<size_t>& widths, double centre, double scale)
    : task_(task), activation_(activation), centre_(centre), scale_(scale) {
    size_t inputs = column_count, first = 0;
    for (const size_t width : widths) {
        layers_.push_back({inputs, width, score::group_count(width), first});
        const Layer& layer = layers_.back();
        first = layer.bias() + layer.groups * kLaneCount;
        values_.emplace_back(layer.groups * kLaneCount);
        pulls_.emplace_back(layer.groups * kLaneCount);
        inputs = width;
        is_weight.resize(layer.bias(), 1);
        is_weight.resize(first, 0);
    }
    parameters.resize(first);
}

void NetworkFit::start(uint64_t seed) {
    std::mt19937_64 random(seed);
    for (const Layer& layer : layers_) {
        const double factor = activation_ == Activation::logistic ? 2 : 6;
        const double most = std::sqrt(factor / static_cast<double>(layer.inputs + layer.outputs));
        const auto draw = [&] {  // std's distributions differ by library
            return most * (static_cast<double>(random() >> 11) * 0x1.0p-52 - 1);
        };
        for (size_t output = 0; output < layer.outputs; ++output) {
            const size_t group = output / kLaneCount, lane = output % kLaneCount;
            for (size_t i = 0; i < layer.inputs; ++i)
                parameters[layer.first + (group * layer.inputs + i) * kLaneCount + lane] = draw();
            parameters[layer.bias() + output] = draw();
        }
    }
}

void NetworkFit::forward(const double* row) {
    static const score::LaneKernel* const kernel = score::lane_kernels().front();
    const double* inputs = row;
    for (size_t l = 0; l < layers_.size(); ++l) {
        const Layer& layer = layers_[l];
        double* out = values_[l].data();
        std::copy_n(parameters.data() + layer.bias(), values_[l].size(), out);
        for (size_t group = 0; group < layer.groups; ++group)
            kernel->weighted_sums(
                parameters.data() + layer.first + group * layer.inputs * kLaneCount, inputs,
                layer.inputs, out + group * kLaneCount);
        inputs = out;
        if (l + 1 == layers_.size()) return;
        for (size_t i = 0; i < layer.outputs; ++i) out[i] = activate(activation_, out[i]);
    }
}

// The loss, and its slope by each raw score.
double NetworkFit::judge(double target, double weight) {
    const double* raw = values_.back().data();
    double* pull = pulls_.back().data();
    if (task_ == Task::regress) {
        const double off = raw[0] - (target - centre_) / scale_;
        pull[0] = weight * off;
        return weight * off * off / 2;
    }
    const size_t outputs = layers_.back().outputs;
    if (outputs == 1) {
        pull[0] = weight * (1 / (1 + std::exp(-raw[0])) - target);
        const double margin = target == 1 ? raw[0] : -raw[0];
        return weight *
               (margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin);
    }
    const double most = *std::max_element(raw, raw + outputs);
    double sum = 0;
    for (size_t k = 0; k < outputs; ++k) sum += pull[k] = std::exp(raw[k] - most);
    const auto label = static_cast<size_t>(target);
    for (size_t k = 0; k < outputs; ++k) pull[k] = weight * (pull[k] / sum - (k == label ? 1 : 0));
    return weight * (std::log(sum) + most - raw[label]);
}

void NetworkFit::backward(const double* row, std::span<double> gradient) {
    for (size_t l = layers_.size(); l-- > 0;) {
        const Layer& layer = layers_[l];
        const double* inputs = l == 0 ? row : values_[l - 1].data();
        double* pull = pulls_[l].data();
        double* bias = gradient.data() + layer.bias();
        for (size_t i = 0; i < layer.outputs; ++i) bias[i] += pull[i];
        if (l > 0) std::ranges::fill(pulls_[l - 1], 0);
        for (size_t group = 0; group < layer.groups; ++group) {
            const double* of = pull + group * kLaneCount;
            const size_t first = layer.first + group * layer.inputs * kLaneCount;
            for (size_t i = 0; i < layer.inputs; ++i) {
                double* to = gradient.data() + first + i * kLaneCount;
                for (size_t lane = 0; lane < kLaneCount; ++lane) to[lane] += inputs[i] * of[lane];
                if (l == 0) continue;
                const double* weights = parameters.data() + first + i * kLaneCount;
                double back = 0;
                for (size_t lane = 0; lane < kLaneCount; ++lane) back += weights[lane] * of[lane];
                pulls_[l - 1][i] += back;
            }
        }
        if (l == 0) return;
        for (size_t i = 0; i < layer.inputs; ++i) pulls_[l - 1][i] *= slope(activation_, inputs[i]);
    }
}

double NetworkFit::add(const Lesson& lesson, std::span<const uint32_t> rows,
                       std::span<double> gradient) {
    double loss = 0;
    for (const uint32_t row : rows) {
        forward(lesson.matrix.row(row));
        loss += judge(lesson.targets[row], lesson.weights.empty() ? 1 : lesson.weights[row]);
        if (!gradient.empty()) backward(lesson.matrix.row(row), gradient);
    }
    return loss;
}

score::Network NetworkFit::network() const {
    score::Network network{.activation = activation_, .layers = {}};
    for (const Layer& layer : layers_) {
        const bool is_last = &layer == &layers_.back();
        score::Network::Layer made;
        for (size_t output = 0; output < layer.outputs; ++output) {
            const size_t group = output / kLaneCount, lane = output % kLaneCount;
            for (size_t i = 0; i < layer.inputs; ++i)
                made.weights.push_back(
                    parameters[layer.first + (group * layer.inputs + i) * kLaneCount + lane] *
                    (is_last ? scale_ : 1));
            const double bias = parameters[layer.bias() + output];
            made.biases.push_back(is_last ? bias * scale_ + centre_ : bias);
        }
        network.layers.push_back(std::move(made));
    }
    return network;
}

}  // namespace quern::train
