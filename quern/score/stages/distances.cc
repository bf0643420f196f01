#include <cmath>
#include <limits>

#include "quern/score/learned.h"
#include "quern/score/models/lanes.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

constexpr size_t kColumnsMax = 500;
constexpr size_t kCentersMax = 1024;

struct Distances {
    size_t column_count = 0, center_count = 0;
    std::vector<double> groups;  // of centers, see lanes.h
    bool tells_nearest = false;
    const LaneKernel* kernel = nullptr;
};

// 1 for the nearest center, of equally near ones the first, and 0 for the others.
void keep_nearest(double* out, size_t count) {
    size_t nearest = 0;
    for (size_t k = 1; k < count; ++k)
        if (out[k] < out[nearest]) nearest = k;
    if (std::isnan(out[nearest])) return;
    for (size_t k = 0; k < count; ++k) out[k] = k == nearest ? 1 : 0;
}

void apply_distances(const void* prepared, const StageRows& rows) {
    const Distances& stage = *static_cast<const Distances*>(prepared);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for_each_stage_row(rows, [&](auto in, double* out) {
        double row[kColumnsMax], squares[kLaneCount];
        for (size_t i = 0; i < stage.column_count; ++i) row[i] = in(i);
        for (size_t first = 0; first < stage.center_count; first += kLaneCount) {
            const double* group = stage.groups.data() + first * stage.column_count;
            stage.kernel->squared_distances(group, row, stage.column_count, kInfinity, squares);
            const size_t count = std::min(kLaneCount, stage.center_count - first);
            for (size_t k = 0; k < count; ++k) out[first + k] = std::sqrt(squares[k]);
        }
        if (stage.tells_nearest) keep_nearest(out, stage.center_count);
    });
}

Result<BoundStage> bind_distances(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"centers", "nearest"}));
    if (from.size() > kColumnsMax) return corrupt("distances over too many columns");
    const auto centers = TRY(take_finite(learned, "centers"));
    auto stage = std::make_shared<Distances>();
    stage->column_count = from.size();
    stage->center_count = centers.size() / from.size();
    if (stage->center_count == 0 || stage->center_count > kCentersMax ||
        stage->center_count * from.size() != centers.size())
        return corrupt("the centers of distances do not fit their columns");
    stage->groups = to_groups(centers.data(), stage->center_count, from.size());
    stage->tells_nearest = TRY(take_value<uint8_t>(learned, "nearest", 0)) != 0;
    stage->kernel = lane_kernels().front();
    BoundStage bound{apply_distances, stage, {}};
    for (size_t k = 1; k <= stage->center_count; ++k)
        bound.columns.push_back(" " + std::to_string(k));
    return bound;
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "distances",
    .summary = "How far a row is from each of some centers, or which one is nearest.",
    .learned = "doubles centers [center][column]; [uint8 nearest]",
    .bind = bind_distances,
});

}  // namespace quern::score
