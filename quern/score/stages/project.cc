#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Project {
    std::vector<double> mean;     // one a column
    std::vector<double> weights;  // [component][column]
    size_t component_count = 0;
};

void apply_project(const void* prepared, const StageRows& rows) {
    const Project& project = *static_cast<const Project*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        const double* weight = project.weights.data();
        for (size_t k = 0; k < project.component_count; ++k) {
            double sum = 0;
            for (size_t i = 0; i < project.mean.size(); ++i)
                sum += *weight++ * (in(i) - project.mean[i]);
            out[k] = sum;
        }
    });
}

Result<BoundStage> bind_project(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"mean", "weights"}));
    auto project = std::make_shared<Project>();
    project->mean = TRY(take_finite(learned, "mean", from.size()));
    project->weights = TRY(take_finite(learned, "weights"));
    project->component_count = project->weights.size() / from.size();
    if (project->component_count == 0 ||
        project->component_count * from.size() != project->weights.size())
        return corrupt("a projection's weights do not fit its columns");
    BoundStage stage{apply_project, project, {}};
    for (size_t k = 1; k <= project->component_count; ++k)
        stage.columns.push_back(" " + std::to_string(k));
    return stage;
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "project",
    .summary = "Weighted sums of the columns, the mean of each taken off before.",
    .learned = "doubles mean, one a column; weights [component][column]",
    .bind = bind_project,
});

}  // namespace quern::score
