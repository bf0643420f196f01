#include <algorithm>

#include "quern/score/calibrations/curves.h"
#include "quern/score/calibrations/logistic_fit.h"

namespace quern::score {
namespace {

struct Platt {
    double slope = 1, intercept = 0;
    double operator()(double p) const { return sigmoid(slope * log_odds(p) + intercept); }
};

// Targets a little off 0 and 1, so that few rows do not promise certainty (Platt 1999).
Result<LogisticFit> fit_class(const ClassRows& rows) {
    double positive = 0, negative = 0;
    for (size_t i = 0; i < rows.p.size(); ++i)
        (rows.is_true[i] == 1 ? positive : negative) += rows.weight[i];
    std::vector<std::array<double, 2>> x;
    std::vector<double> targets;
    for (size_t i = 0; i < rows.p.size(); ++i) {
        x.push_back({log_odds(rows.p[i]), 0});
        targets.push_back(rows.is_true[i] == 1 ? (positive + 1) / (positive + 2)
                                               : 1 / (negative + 2));
    }
    return fit_logistic({.x = x, .targets = targets, .weights = rows.weight, .column_count = 1});
}

Result<Buffers> fit(const CalibrationRows& rows) {
    std::vector<double> slopes, intercepts;
    for (size_t curve = 0; curve < curve_count(rows.class_count); ++curve) {
        const LogisticFit fitted = TRY(fit_class(class_rows(rows, curve)));
        slopes.push_back(fitted[0]);
        intercepts.push_back(fitted[2]);
    }
    return Buffers{{"slope", slopes}, {"intercept", intercepts}};
}

Result<BoundCalibration> bind(const Buffers& learned, size_t class_count) {
    TRY(check_names(learned, {"slope", "intercept"}));
    const auto slopes = TRY(take_each(learned, "slope", class_count));
    const auto intercepts = TRY(take_each(learned, "intercept", class_count));
    auto curves = std::make_shared<Curves<Platt>>();
    curves->class_count = class_count;
    for (size_t i = 0; i < slopes.size(); ++i)
        curves->of_class.push_back({slopes[i], intercepts[i]});
    return BoundCalibration{apply_curves<Platt>, std::move(curves)};
}

}  // namespace

QUERN_REGISTER(Calibration)({
    .name = "platt",
    .summary = "A sigmoid of the log-odds; needs few rows.",
    .source = "sklearn.calibration.CalibratedClassifierCV(method='sigmoid')",
    .fit = fit,
    .bind = bind,
});

}  // namespace quern::score
