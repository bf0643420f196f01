#include "quern/score/models/centers.h"

#include <algorithm>
#include <limits>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"
#include "quern/score/models/lanes.h"

namespace quern::score {
namespace {

struct Prepared {
    std::vector<double> groups;  // see lanes.h
    size_t center_count = 0, column_count = 0;
    double scale = 1;  // -2 variance
    const LaneKernel* kernel = nullptr;
};

void score_centers(const void* prepared, const double* matrix, size_t row_count, double* raw,
                   std::byte*) {
    const Prepared& model = *static_cast<const Prepared*>(prepared);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (size_t row = 0; row < row_count; ++row, matrix += model.column_count) {
        for (size_t first = 0; first < model.center_count; first += kLaneCount) {
            double squares[kLaneCount];
            model.kernel->squared_distances(model.groups.data() + first * model.column_count,
                                            matrix, model.column_count, kInfinity, squares);
            const size_t count = std::min(kLaneCount, model.center_count - first);
            for (size_t k = 0; k < count; ++k) *raw++ = squares[k] / model.scale;
        }
    }
}

Result<BoundModel> bind_centers(const Buffers& learned, size_t column_count) {
    TRY(check_names(learned, {"centers", "variance"}));
    const auto centers = TRY(take_finite(learned, "centers"));
    const double variance = TRY(take_finite(learned, "variance", 1))[0];
    if (!(variance >= std::numeric_limits<double>::min()) || variance > 1e300)
        return corrupt("the variance of clusters is out of range");
    auto prepared = std::make_shared<Prepared>();
    prepared->column_count = column_count;
    prepared->center_count = column_count == 0 ? 0 : centers.size() / column_count;
    if (prepared->center_count == 0 || prepared->center_count > kCentersMax ||
        prepared->center_count * column_count != centers.size())
        return corrupt("the centers of clusters do not fit the columns");
    prepared->groups = to_groups(centers.data(), prepared->center_count, column_count);
    prepared->scale = -2 * variance;
    prepared->kernel = lane_kernels().front();
    return BoundModel{score_centers, prepared, prepared->center_count,
                      std::string("centers, ") + prepared->kernel->name};
}

std::string describe_centers(const Buffers& learned) {
    const auto* centers = find_buffer<double>(learned, "centers");
    return "centers of clusters, " +
           plural(centers == nullptr ? 0 : std::ssize(*centers), "number");
}

}  // namespace

FittedModel pack(const Centers& centers) {
    return {"centers",
            {{"centers", centers.centers}, {"variance", std::vector<double>{centers.variance}}}};
}

QUERN_REGISTER(ModelKind)({
    .name = "centers",
    .summary = "How near a row is to the center of each cluster.",
    .bind = bind_centers,
    .describe = describe_centers,
});

}  // namespace quern::score
