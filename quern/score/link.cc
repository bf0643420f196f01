// Links: from raw scores to outputs, computed as LightGBM computes them, those of floats as XGBoost
// does.
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

void float_sigmoid(double raw, double* out) {
    constexpr float kLargest = 88.7f;  // beyond, exp would be infinite
    const float power = std::exp(std::min(-static_cast<float>(raw), kLargest));
    const float positive = 1.0f / (power + 1.0f);
    out[0] = static_cast<double>(1.0f - positive);
    out[1] = static_cast<double>(positive);
}

void float_softmax(const double* raw, size_t count, double* out) {
    float top = static_cast<float>(raw[0]);
    double sum = 0;
    for (size_t i = 1; i < count; ++i) top = std::fmax(static_cast<float>(raw[i]), top);
    for (size_t i = 0; i < count; ++i) {
        out[i] = static_cast<double>(std::exp(static_cast<float>(raw[i]) - top));
        sum += out[i];
    }
    for (size_t i = 0; i < count; ++i)
        out[i] = static_cast<double>(static_cast<float>(out[i]) / static_cast<float>(sum));
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
        case Link::sigmoid: {
            const size_t width = raw_count == 1 ? 2 : 1;
            for (size_t i = 0; i < row_count * raw_count; ++i) {
                const double positive = 1.0 / (1.0 + std::exp(-scale * raw[i]));
                if (width == 2) outputs[2 * i] = 1.0 - positive;
                outputs[width * i + width - 1] = positive;
            }
            return;
        }
        case Link::softmax:
            for (size_t row = 0; row < row_count; ++row)
                softmax(raw + row * raw_count, raw_count, outputs + row * raw_count);
            return;
        case Link::float_sigmoid:
            for (size_t row = 0; row < row_count; ++row) float_sigmoid(raw[row], outputs + 2 * row);
            return;
        case Link::float_softmax:
            for (size_t row = 0; row < row_count; ++row)
                float_softmax(raw + row * raw_count, raw_count, outputs + row * raw_count);
            return;
        case Link::float_exponential:
            for (size_t i = 0; i < row_count * raw_count; ++i)
                outputs[i] = static_cast<double>(std::exp(static_cast<float>(raw[i])));
            return;
    }
}

}  // namespace quern::score
