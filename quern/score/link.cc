// Links: from raw scores to outputs, computed as LightGBM computes them.
#include <algorithm>
#include <cmath>

#include "quern/score/plan.h"

namespace quern::score {
namespace {

void softmax(const double* raw, size_t count, double* out) {
    double top = raw[0], sum = 0;
    for (size_t i = 1; i < count; ++i) top = std::max(raw[i], top);
    for (size_t i = 0; i < count; ++i) {
        out[i] = std::exp(raw[i] - top);
        sum += out[i];
    }
    for (size_t i = 0; i < count; ++i) out[i] /= sum;
}

}  // namespace

void apply_link(Link link, double scale, size_t raw_count, size_t row_count, const double* raw,
                double* outputs) {
    switch (link) {
        case Link::identity:
            std::copy_n(raw, row_count * raw_count, outputs);
            return;
        case Link::exponential:
            for (size_t i = 0; i < row_count * raw_count; ++i) outputs[i] = std::exp(raw[i]);
            return;
        case Link::sigmoid:
            for (size_t row = 0; row < row_count; ++row) {
                double positive = 1.0 / (1.0 + std::exp(-scale * raw[row]));
                outputs[2 * row] = 1.0 - positive;
                outputs[2 * row + 1] = positive;
            }
            return;
        case Link::softmax:
            for (size_t row = 0; row < row_count; ++row)
                softmax(raw + row * raw_count, raw_count, outputs + row * raw_count);
            return;
    }
}

}  // namespace quern::score
