// Minimises a smooth convex function by Newton's method with conjugate gradients (truncated
// Newton; Dembo and Steihaug 1983), with a backtracking line search.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "quern/base/status.h"

namespace quern::train {

// A function of a vector. `set` moves to a point; the others speak of that point.
struct Objective {
    std::function<double(std::span<const double> point)> set;  // its value there
    std::function<void(std::span<double> gradient)> gradient;
    std::function<void(std::span<const double> direction, std::span<double> product)> hessian;
};

struct NewtonSettings {
    int64_t iterations_max = 100;
    double tolerance = 1e-8;  // of the gradient's largest part
    std::function<Status(int64_t iteration)> each;
};

struct Minimum {
    std::vector<double> point;
    int64_t iterations = 0;
    bool is_converged = false;
};

Result<Minimum> minimise(const Objective& objective, size_t size, const NewtonSettings& settings);

}  // namespace quern::train
