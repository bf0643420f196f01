#include "quern/score/encoder.h"
#include "quern/score/encoders/read.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

void apply_numeric(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const auto& type = *static_cast<const frame::Type*>(prepared);
    for_each_number(type, feature, row_count,
                    [to](size_t row, double value) { to.out[row * to.stride] = value; });
}

Result<BoundEncoder> bind_numeric(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {}));
    return BoundEncoder{apply_numeric, std::make_shared<frame::Type>(type), {""}};
}

struct Scaled {
    frame::Type type;
    double fill = 0, mean = 0, scale = 1;
    bool has_indicator = false;
};

void apply_scaled(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Scaled& scaled = *static_cast<const Scaled*>(prepared);
    for_each_number(scaled.type, feature, row_count, [&](size_t row, double value) {
        bool is_missing = std::isnan(value);
        double* out = to.out + row * to.stride;
        out[0] = ((is_missing ? scaled.fill : value) - scaled.mean) / scaled.scale;
        if (scaled.has_indicator) out[1] = is_missing ? 1.0 : 0.0;
    });
}

Result<BoundEncoder> bind_scaled(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"fill", "mean", "scale", "indicator"}));
    auto scaled = std::make_shared<Scaled>();
    scaled->type = type;
    scaled->fill = TRY(take_value<double>(learned, "fill", 0));
    scaled->mean = TRY(take_value<double>(learned, "mean", 0));
    scaled->scale = TRY(take_value<double>(learned, "scale", 1));
    scaled->has_indicator = TRY(take_value<uint8_t>(learned, "indicator", 0)) != 0;
    if (!std::isfinite(scaled->fill) || !std::isfinite(scaled->mean) ||
        !std::isfinite(scaled->scale) || scaled->scale == 0)
        return corrupt("a scale is zero or not finite");
    BoundEncoder encoder{apply_scaled, scaled, {""}};
    if (scaled->has_indicator) encoder.columns.push_back(" is missing");
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "numeric",
    .summary = "The number as it is; missing is NaN, which trees split on.",
    .learned = "nothing",
    .takes = is_number_or_boolean,
    .bind = bind_numeric,
});

QUERN_REGISTER(Encoder)({
    .name = "scaled",
    .summary = "The number, missing filled, mean taken off, divided by scale.",
    .learned = "doubles fill, [mean], [scale]; uint8 [indicator]",
    .takes = is_number_or_boolean,
    .bind = bind_scaled,
});

}  // namespace quern::score
