#include <algorithm>
#include <cmath>

#include "quern/score/calibration.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

constexpr double kLeast = 1e-12;  // added before a logarithm, as scikit-learn does
constexpr double kLogBetaMax = 10;
constexpr int kHalvings = 200;

struct Prepared {
    size_t class_count;
    double beta;  // 1 / temperature
};

void apply(const void* prepared, size_t row_count, double* outputs) {
    const auto& [count, beta] = *static_cast<const Prepared*>(prepared);
    for (size_t row = 0; row < row_count; ++row, outputs += count) {
        double top = outputs[0], sum = 0;
        for (size_t k = 1; k < count; ++k) top = std::max(top, outputs[k]);
        const double most = beta * std::log(top + kLeast);
        for (size_t k = 0; k < count; ++k)
            sum += outputs[k] = std::exp(beta * std::log(outputs[k] + kLeast) - most);
        for (size_t k = 0; k < count; ++k) outputs[k] /= sum;
    }
}

// The slope of the log loss in beta: the mean log under the model less that of what was true.
// The loss is convex, so the slope only rises.
double slope(const CalibrationRows& rows, double beta) {
    const size_t count = rows.class_count;
    double total = 0;
    for (size_t row = 0; row < rows.labels.size(); ++row) {
        const double* p = rows.outputs.data() + row * count;
        const double top = std::log(*std::max_element(p, p + count) + kLeast);
        double sum = 0, mean = 0;
        for (size_t k = 0; k < count; ++k) {
            const double logit = std::log(p[k] + kLeast), share = std::exp(beta * (logit - top));
            sum += share;
            mean += share * logit;
        }
        total += rows.weight(row) * (mean / sum - std::log(p[rows.labels[row]] + kLeast));
    }
    return total;
}

Result<Buffers> fit(const CalibrationRows& rows) {
    double low = -kLogBetaMax, high = kLogBetaMax;
    for (int i = 0; i < kHalvings && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        (slope(rows, std::exp(middle)) < 0 ? low : high) = middle;
    }
    return Buffers{{"beta", std::vector<double>{std::exp(low + (high - low) / 2)}}};
}

Result<BoundCalibration> bind(const Buffers& learned, size_t class_count) {
    TRY(check_names(learned, {"beta"}));
    const auto beta = TRY(take_buffer<double>(learned, "beta", 1));
    if (!std::isfinite(beta[0]) || beta[0] <= 0) return corrupt("a temperature is not above zero");
    return BoundCalibration{apply, std::make_shared<Prepared>(Prepared{class_count, beta[0]})};
}

}  // namespace

QUERN_REGISTER(Calibration)({
    .name = "temperature",
    .summary = "One number for all classes; the predicted class stays the same.",
    .source = "sklearn.calibration.CalibratedClassifierCV(method='temperature')",
    .fit = fit,
    .bind = bind,
});

}  // namespace quern::score
