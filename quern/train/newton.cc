#include "quern/train/newton.h"

#include <algorithm>
#include <cmath>

namespace quern::train {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

void add(std::span<double> to, double factor, std::span<const double> what) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
}

double largest(std::span<const double> values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::abs(value));
    return most;
}

// Solves hessian * step = -gradient about as exactly as the distance to the minimum deserves.
std::vector<double> newton_step(const Objective& objective, std::span<const double> gradient) {
    const size_t size = gradient.size();
    const double norm = std::sqrt(dot(gradient, gradient));
    const double enough = std::min(0.1, std::sqrt(norm)) * norm;
    std::vector<double> step(size), residual(size), direction(size), product(size);
    for (size_t i = 0; i < size; ++i) direction[i] = residual[i] = -gradient[i];
    double square = dot(residual, residual);
    const size_t rounds = std::min<size_t>(4 * size + 20, 1000);
    for (size_t round = 0; round < rounds && std::sqrt(square) > enough; ++round) {
        objective.hessian(direction, product);
        const double curvature = dot(direction, product);
        if (curvature <= 0) break;
        const double length = square / curvature;
        add(step, length, direction);
        add(residual, -length, product);
        const double next = dot(residual, residual);
        for (size_t i = 0; i < size; ++i) {
            direction[i] = residual[i] + next / square * direction[i];
        }
        square = next;
    }
    return step;
}

}  // namespace

Result<Minimum> minimise(const Objective& objective, size_t size, const NewtonSettings& settings) {
    Minimum best;
    best.point.assign(size, 0);
    std::vector<double> gradient(size), trial(size);
    double value = objective.set(best.point);
    for (; best.iterations < settings.iterations_max; ++best.iterations) {
        objective.gradient(gradient);
        best.is_converged = largest(gradient) <= settings.tolerance;
        if (best.is_converged) break;
        if (settings.each) TRY(settings.each(best.iterations));
        auto step = newton_step(objective, gradient);
        double slope = dot(gradient, step);
        if (!(slope < 0)) {
            for (size_t i = 0; i < size; ++i) step[i] = -gradient[i];
            slope = -dot(gradient, gradient);
        }
        constexpr double kEnoughOfSlope = 1e-4;
        // Near the minimum the decrease drowns in rounding; a full Newton step is right there.
        const double rounding = 1e-12 * std::max(1.0, std::abs(value));
        double length = 1, next = 0;
        bool is_lower = false;
        for (int halving = 0; halving < 40 && !is_lower; ++halving) {
            trial = best.point;
            add(trial, length, step);
            next = objective.set(trial);
            is_lower = next <= value + kEnoughOfSlope * length * slope + rounding;
            if (!is_lower) length /= 2;
        }
        if (!is_lower) {
            objective.set(best.point);
            break;
        }
        best.point = trial;
        value = next;
    }
    return best;
}

}  // namespace quern::train
