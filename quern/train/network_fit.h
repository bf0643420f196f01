// The loss of a small dense network over some rows, and its gradient.
#pragma once

#include <span>
#include <vector>

#include "quern/score/models/network.h"
#include "quern/train/learner.h"

namespace quern::train {

// All weights and biases stand in one list of parameters; a layer's in groups of outputs as
// score/models/lanes.h has them, its biases after them. What pads a group stays 0.
class NetworkFit {
public:
    // `widths`: of the hidden layers, then the outputs. Regression: targets minus `centre`, divided
    // by `scale`.
    NetworkFit(Task task, score::Activation activation, size_t column_count,
               const std::vector<size_t>& widths, double centre, double scale);

    size_t size() const { return parameters.size(); }
    void start(uint64_t seed);  // Glorot and Bengio 2010

    // Adds up the loss of the rows with their weights, and, where it is not empty, to `gradient`
    // what a parameter adds to it. Log loss, or half of the squared error.
    double add(const Lesson& lesson, std::span<const uint32_t> rows, std::span<double> gradient);

    score::Network network() const;

    std::vector<double> parameters;
    std::vector<uint8_t> is_weight;  // of each: what the L2 penalty is for

private:
    struct Layer {
        size_t inputs, outputs, groups, first;  // of its weights
        size_t bias() const { return first + groups * inputs * 16; }
    };

    void forward(const double* row);
    double judge(double target, double weight);
    void backward(const double* row, std::span<double> gradient);

    Task task_;
    score::Activation activation_;
    double centre_, scale_;
    std::vector<Layer> layers_;
    std::vector<std::vector<double>> values_, pulls_;  // by layer: outputs, and the loss's slope
};

}  // namespace quern::train
