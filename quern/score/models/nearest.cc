#include "quern/score/models/nearest.h"

#include <cmath>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"
#include "quern/score/models/nearest_tree.h"

namespace quern::score {
namespace {

struct Prepared {
    Nearest nearest;  // without its points
    NearestTree tree;
    size_t column_count, raw_count;
};

// What a neighbour's vote counts for; `is_hit`: some distance is 0, so that the others count not.
double vote_of(const Nearest& nearest, const Neighbor& neighbor, bool is_hit) {
    const double weight = nearest.weights.empty() ? 1 : nearest.weights[neighbor.row];
    if (!nearest.is_by_distance) return weight;
    if (is_hit) return neighbor.square == 0 ? weight : 0;
    return weight / std::sqrt(neighbor.square);
}

// False where the votes come to nothing: all neighbours are infinitely far away.
bool vote(const Nearest& nearest, const Neighbor* found, bool is_equal, size_t raw_count,
          double* raw) {
    std::fill_n(raw, raw_count, 0.0);
    double total = 0;
    const bool is_hit = found[0].square == 0;
    for (uint32_t i = 0; i < nearest.neighbors; ++i) {
        const double count = is_equal ? 1 : vote_of(nearest, found[i], is_hit);
        const double target = nearest.targets[found[i].row];
        if (nearest.class_count == 0)
            raw[0] += count * target;
        else
            raw[static_cast<size_t>(target)] += count;
        total += count;
    }
    if (!(total > 0)) return false;
    for (size_t k = 0; k < raw_count; ++k) raw[k] /= total;
    return true;
}

void score_nearest(const void* prepared, const double* matrix, size_t row_count, double* raw,
                   std::byte* scratch) {
    const auto& [nearest, tree, column_count, raw_count] = *static_cast<const Prepared*>(prepared);
    auto* found = reinterpret_cast<Neighbor*>(scratch);
    for (size_t row = 0; row < row_count; ++row) {
        tree.find(matrix, nearest.neighbors, found);
        if (!vote(nearest, found, false, raw_count, raw))
            vote(nearest, found, true, raw_count, raw);
        matrix += column_count;
        raw += raw_count;
    }
}

Status check_targets(const Nearest& nearest) {
    if (nearest.class_count == 0) return {};
    for (const double target : nearest.targets)
        if (target < 0 || target >= nearest.class_count || target != std::floor(target))
            return corrupt("a neighbour is of no class");
    return {};
}

Result<Nearest> unpack(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned,
                    {"points", "targets", "weights", "classes", "neighbors", "by_distance"}));
    Nearest nearest;
    nearest.targets = TRY(take_finite(learned, "targets"));
    const size_t rows = nearest.targets.size();
    if (column_count == 0) return corrupt("neighbours of no column");
    if (rows > UINT32_MAX / column_count) return corrupt("too many neighbours");
    nearest.points = TRY(take_finite(learned, "points", rows * column_count));
    if (learned.contains("weights")) nearest.weights = TRY(take_finite(learned, "weights", rows));
    for (const double weight : nearest.weights)
        if (!(weight > 0)) return corrupt("a neighbour's weight is not above 0");
    nearest.class_count = TRY(take_value<uint32_t>(learned, "classes", 0));
    if (nearest.class_count > rows) return corrupt("more classes than neighbours");
    TRY(check_targets(nearest));
    nearest.neighbors = TRY(take_buffer<uint32_t>(learned, "neighbors", 1))[0];
    if (nearest.neighbors < 1 || nearest.neighbors > rows || nearest.neighbors > kNeighborsMax)
        return corrupt("the number of neighbours is out of range");
    nearest.is_by_distance = TRY(take_value<uint8_t>(learned, "by_distance", 0)) != 0;
    return nearest;
}

Result<BoundModel> bind_nearest(const Buffers& learned, size_t column_count) {
    Nearest nearest = TRY(unpack(learned, column_count));
    const LaneKernel* kernel = lane_kernels().front();
    NearestTree tree(nearest.points, nearest.targets.size(), column_count, kernel);
    nearest.points = {};
    const size_t raw_count = nearest.class_count == 0 ? 1 : nearest.class_count;
    const size_t scratch_bytes = nearest.neighbors * sizeof(Neighbor);
    auto prepared = std::make_shared<Prepared>(
        Prepared{std::move(nearest), std::move(tree), column_count, raw_count});
    return BoundModel{score_nearest, prepared, raw_count, std::string("k-d tree, ") + kernel->name,
                      scratch_bytes};
}

std::string describe_nearest(const Buffers& learned) {
    const auto* targets = find_buffer<double>(learned, "targets");
    const auto* neighbors = find_buffer<uint32_t>(learned, "neighbors");
    const size_t nearest = neighbors == nullptr || neighbors->empty() ? 0 : neighbors->front();
    return "the " + with_thousands(static_cast<int64_t>(nearest)) + " nearest of " +
           plural(targets == nullptr ? 0 : std::ssize(*targets), "row");
}

}  // namespace

FittedModel pack(const Nearest& nearest) {
    FittedModel model{"nearest", {}};
    model.learned["points"] = nearest.points;
    model.learned["targets"] = nearest.targets;
    if (!nearest.weights.empty()) model.learned["weights"] = nearest.weights;
    if (nearest.class_count > 0)
        model.learned["classes"] = std::vector<uint32_t>{nearest.class_count};
    model.learned["neighbors"] = std::vector<uint32_t>{nearest.neighbors};
    if (nearest.is_by_distance) model.learned["by_distance"] = std::vector<uint8_t>{1};
    return model;
}

QUERN_REGISTER(ModelKind)({
    .name = "nearest",
    .summary = "What the nearest of the training's rows say.",
    .bind = bind_nearest,
    .describe = describe_nearest,
});

}  // namespace quern::score
