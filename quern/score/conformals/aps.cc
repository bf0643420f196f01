#include <algorithm>
#include <array>
#include <numeric>

#include "quern/score/conformal.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

// Classes from the most probable to the least; equal ones in their own order.
using Order = std::array<uint32_t, kClassesMax>;
void rank(const double* outputs, size_t count, Order& order) {
    std::iota(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), uint32_t{0});
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
              [outputs](uint32_t a, uint32_t b) {
                  return outputs[a] != outputs[b] ? outputs[a] > outputs[b] : a < b;
              });
}

// The sum of the probabilities down to the true class's.
double disagreement(const double* outputs, size_t count, double target) {
    Order order;
    rank(outputs, count, order);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += outputs[order[i]];
        if (order[i] == static_cast<uint32_t>(target)) break;
    }
    return sum;
}

// Classes while their sum stays within the quantile, and always the most probable one.
void region(double quantile, const double* outputs, size_t count, double* region) {
    std::fill_n(region, count, 0.0);
    for (size_t k = 0; k < count; ++k)
        if (!(outputs[k] == outputs[k])) return;  // a row that failed has no order
    Order order;
    rank(outputs, count, order);
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += outputs[order[i]];
        if (i > 0 && sum > quantile) return;
        region[order[i]] = 1;
    }
}

}  // namespace

QUERN_REGISTER(ConformalMethod)({
    .name = "aps",
    .summary = "The most probable classes until they add up: larger sets for harder rows, none "
               "empty.",
    .source = "Romano, Sesia and Candes 2020, without its random part; mapie "
              "conformity_score='aps', include_last_label=False, but never empty",
    .task = Task::classify,
    .disagreement = disagreement,
    .region = region,
});

}  // namespace quern::score
