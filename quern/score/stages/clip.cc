#include <algorithm>
#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Clip {
    std::vector<double> low, high;  // one a column
};

void apply_clip(const void* prepared, const StageRows& rows) {
    const Clip& clip = *static_cast<const Clip*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        for (size_t i = 0; i < clip.low.size(); ++i) {
            const double value = in(i);
            out[i] = value < clip.low[i]    ? clip.low[i]
                     : value > clip.high[i] ? clip.high[i]
                                            : value;
        }
    });
}

Result<BoundStage> bind_clip(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"low", "high"}));
    auto clip = std::make_shared<Clip>();
    clip->low = TRY(take_finite(learned, "low", from.size()));
    clip->high = TRY(take_finite(learned, "high", from.size()));
    for (size_t i = 0; i < from.size(); ++i)
        if (clip->low[i] > clip->high[i]) return corrupt("a range is turned around");
    return BoundStage{apply_clip, clip, same_columns(from)};
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "clip",
    .summary = "The value, or the nearer end of a range where it lies outside; missing stays so.",
    .learned = "doubles low, high, one a column",
    .by_column = {"low", "high"},
    .bind = bind_clip,
});

}  // namespace quern::score
