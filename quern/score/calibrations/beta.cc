#include <algorithm>

#include "quern/score/calibrations/curves.h"
#include "quern/score/calibrations/logistic_fit.h"

namespace quern::score {
namespace {

struct Beta {
    double a = 1, b = 1, c = 0;
    double operator()(double p) const {
        const double q = clipped(p);
        return sigmoid(a * std::log(q) - b * std::log1p(-q) + c);
    }
};

// A curve must rise: where a weight comes out below zero, that column is left out (Kull, Silva
// Filho and Flach 2017).
Result<Beta> fit_class(const ClassRows& rows) {
    std::vector<std::array<double, 2>> x, low, high;
    for (const double p : rows.p) {
        const double q = clipped(p);
        x.push_back({std::log(q), -std::log1p(-q)});
        low.push_back({x.back()[0], 0});
        high.push_back({x.back()[1], 0});
    }
    const auto fit_columns = [&](const auto& columns, size_t count) {
        return fit_logistic(
            {.x = columns, .targets = rows.is_true, .weights = rows.weight, .column_count = count});
    };
    const LogisticFit both = TRY(fit_columns(x, 2));
    if (both[0] >= 0 && both[1] >= 0) return Beta{both[0], both[1], both[2]};
    const LogisticFit one = TRY(fit_columns(both[0] < 0 ? high : low, 1));
    return both[0] < 0 ? Beta{0, one[0], one[2]} : Beta{one[0], 0, one[2]};
}

Result<Buffers> fit(const CalibrationRows& rows) {
    std::vector<double> a, b, c;
    for (size_t curve = 0; curve < curve_count(rows.class_count); ++curve) {
        const Beta fitted = TRY(fit_class(class_rows(rows, curve)));
        a.push_back(fitted.a);
        b.push_back(fitted.b);
        c.push_back(fitted.c);
    }
    return Buffers{{"a", a}, {"b", b}, {"c", c}};
}

Result<BoundCalibration> bind(const Buffers& learned, size_t class_count) {
    TRY(check_names(learned, {"a", "b", "c"}));
    const auto a = TRY(take_each(learned, "a", class_count));
    const auto b = TRY(take_each(learned, "b", class_count));
    const auto c = TRY(take_each(learned, "c", class_count));
    auto curves = std::make_shared<Curves<Beta>>();
    curves->class_count = class_count;
    for (size_t i = 0; i < a.size(); ++i) curves->of_class.push_back({a[i], b[i], c[i]});
    return BoundCalibration{apply_curves<Beta>, std::move(curves)};
}

}  // namespace

QUERN_REGISTER(Calibration)({
    .name = "beta",
    .summary = "Three numbers a class; also bends probabilities that Platt's sigmoid cannot.",
    .source = "betacal.BetaCalibration(parameters='abm')",
    .fit = fit,
    .bind = bind,
});

}  // namespace quern::score
