// What the calibrations share that bend each class's probability by a curve of its own.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "quern/score/calibration.h"
#include "quern/score/learned.h"

namespace quern::score {

inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// Away from 0 and 1, as betacal does it, so that logarithms are finite.
inline double clipped(double p) {
    constexpr double kLeast = std::numeric_limits<double>::epsilon();
    return std::min(std::max(p, kLeast), 1 - kLeast);
}
inline double log_odds(double p) { return std::log(clipped(p)) - std::log1p(-clipped(p)); }

inline size_t curve_count(size_t class_count) { return class_count == 2 ? 1 : class_count; }

// One class's probabilities, whether they came true, and the weights.
struct ClassRows {
    std::vector<double> p, is_true, weight;
};
inline ClassRows class_rows(const CalibrationRows& rows, size_t curve) {
    const size_t label = rows.class_count == 2 ? 1 : curve;
    ClassRows of_class;
    for (size_t row = 0; row < rows.labels.size(); ++row) {
        of_class.p.push_back(rows.outputs[row * rows.class_count + label]);
        of_class.is_true.push_back(static_cast<size_t>(rows.labels[row]) == label ? 1 : 0);
        of_class.weight.push_back(rows.weight(row));
    }
    return of_class;
}

template <class Curve>  // double operator()(double p) const
struct Curves {
    size_t class_count = 2;
    std::vector<Curve> of_class;
};

template <class Curve>
void apply_curves(const void* prepared, size_t row_count, double* outputs) {
    const auto& curves = *static_cast<const Curves<Curve>*>(prepared);
    const size_t count = curves.class_count;
    for (size_t row = 0; row < row_count; ++row, outputs += count) {
        if (count == 2) {
            outputs[1] = curves.of_class[0](outputs[1]);
            outputs[0] = 1.0 - outputs[1];
            continue;
        }
        double sum = 0;
        for (size_t k = 0; k < count; ++k) sum += outputs[k] = curves.of_class[k](outputs[k]);
        for (size_t k = 0; k < count; ++k)
            outputs[k] = sum > 0 ? outputs[k] / sum : 1.0 / static_cast<double>(count);
    }
}

// One finite number a curve.
inline Result<std::vector<double>> take_each(const Buffers& learned, std::string_view name,
                                             size_t class_count) {
    auto values = TRY(take_buffer<double>(learned, name, curve_count(class_count)));
    for (const double value : values)
        if (!std::isfinite(value)) return corrupt("a calibration is not finite");
    return values;
}

}  // namespace quern::score
