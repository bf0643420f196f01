#include "quern/score/conformal.h"

namespace quern::score {
namespace {

double disagreement(const double* outputs, size_t, double target) {
    return 1 - outputs[static_cast<size_t>(target)];
}

void region(double quantile, const double* outputs, size_t count, double* region) {
    for (size_t k = 0; k < count; ++k) region[k] = 1 - outputs[k] <= quantile ? 1 : 0;
}

}  // namespace

QUERN_REGISTER(ConformalMethod)({
    .name = "lac",
    .summary = "Every class that is probable enough: the smallest sets; one may be empty.",
    .source = "Sadinle, Lei and Wasserman 2019; mapie conformity_score='lac'",
    .task = Task::classify,
    .disagreement = disagreement,
    .region = region,
});

}  // namespace quern::score
