#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

double box_cox(double value, double lambda) {
    if (value <= 0) return std::nan("");
    return lambda == 0 ? std::log(value) : std::expm1(lambda * std::log(value)) / lambda;
}

double yeo_johnson(double value, double lambda) {
    constexpr double kNear = 2.220446049250313e-16;
    if (value >= 0) {
        const double log = std::log1p(value);
        return std::abs(lambda) < kNear ? log : std::expm1(lambda * log) / lambda;
    }
    const double log = std::log1p(-value), other = 2 - lambda;
    return std::abs(other) < kNear ? -log : -std::expm1(other * log) / other;
}

struct Power {
    std::vector<double> lambda, center, scale;  // one a column
    bool is_box_cox = false;
};

void apply_power(const void* prepared, const StageRows& rows) {
    const Power& power = *static_cast<const Power*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < power.lambda.size(); ++i) {
            const double value = power.is_box_cox ? box_cox(in(i), power.lambda[i])
                                                  : yeo_johnson(in(i), power.lambda[i]);
            out[i] = (value - power.center[i]) / power.scale[i];
        }
    });
}

Result<BoundStage> bind_power(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"lambda", "center", "scale", "box_cox"}));
    auto power = std::make_shared<Power>();
    power->lambda = TRY(take_finite(learned, "lambda", from.size()));
    power->center = TRY(take_finite(learned, "center", from.size()));
    power->scale = TRY(take_finite(learned, "scale", from.size()));
    power->is_box_cox = TRY(take_value<uint8_t>(learned, "box_cox", 0)) != 0;
    for (double scale : power->scale)
        if (scale == 0) return corrupt("a scale is zero");
    return BoundStage{apply_power, power, same_columns(from)};
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "power",
    .summary = "Yeo-Johnson's power of the value, or Box-Cox's, then (value - center) / scale.",
    .learned = "doubles lambda, center, scale, one a column; uint8 [box_cox]",
    .by_column = {"lambda", "center", "scale"},
    .bind = bind_power,
});

}  // namespace quern::score
