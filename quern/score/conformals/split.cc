#include <cmath>

#include "quern/score/conformal.h"

namespace quern::score {
namespace {

double disagreement(const double* outputs, size_t, double target) {
    return std::abs(target - outputs[0]);
}

void region(double quantile, const double* outputs, size_t, double* region) {
    region[0] = outputs[0] - quantile;
    region[1] = outputs[0] + quantile;
}

}  // namespace

QUERN_REGISTER(ConformalMethod)({
    .name = "split",
    .summary = "The value give or take one width, the same for every row.",
    .source = "Papadopoulos and others 2002; mapie SplitConformalRegressor(absolute residual)",
    .task = Task::regress,
    .disagreement = disagreement,
    .region = region,
});

}  // namespace quern::score
