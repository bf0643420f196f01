#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Affine {
    std::vector<double> center, scale, shift;  // one a column
};

void apply_affine(const void* prepared, const StageRows& rows) {
    const Affine& affine = *static_cast<const Affine*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < affine.center.size(); ++i)
            out[i] = (in(i) - affine.center[i]) / affine.scale[i] + affine.shift[i];
    });
}

Result<BoundStage> bind_affine(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"center", "scale", "shift"}));
    auto affine = std::make_shared<Affine>();
    affine->center = TRY(take_finite(learned, "center", from.size()));
    affine->scale = TRY(take_finite(learned, "scale", from.size()));
    affine->shift = TRY(take_finite(learned, "shift", from.size()));
    for (double scale : affine->scale)
        if (scale == 0) return corrupt("a scale is zero");
    return BoundStage{apply_affine, affine, same_columns(from)};
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "affine",
    .summary = "(value - center) / scale + shift.",
    .learned = "doubles center, scale, shift, one a column",
    .by_column = {"center", "scale", "shift"},
    .bind = bind_affine,
});

}  // namespace quern::score
