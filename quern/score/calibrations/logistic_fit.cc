#include "quern/score/calibrations/logistic_fit.h"

#include <algorithm>
#include <cmath>

namespace quern::score {
namespace {

constexpr size_t kSize = 3;
constexpr int kStepsMax = 200, kHalvingsMax = 40;
constexpr double kGradientMost = 1e-10;  // a row
// As betacal's C = 99,999,999,999: keeps separable rows from running away.
constexpr double kRidge = 1e-11;
// Near the end a step gains less than the loss has digits.
constexpr double kRounding = 1e-12;

using Point = std::array<double, kSize>;

struct Local {  // around one point
    double loss = 0;
    Point gradient{};
    std::array<Point, kSize> hessian{};
};

// ln(1 + e^z) without overflow.
double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

Local look(const LogisticRows& rows, const Point& at) {
    Local local;
    for (size_t row = 0; row < rows.x.size(); ++row) {
        const Point x = {rows.x[row][0], rows.column_count == 2 ? rows.x[row][1] : 0, 1};
        const double z = at[0] * x[0] + at[1] * x[1] + at[2];
        const double p = 1 / (1 + std::exp(-z)), w = rows.weights[row];
        local.loss += w * (softplus(z) - rows.targets[row] * z);
        for (size_t i = 0; i < kSize; ++i) {
            local.gradient[i] += w * (p - rows.targets[row]) * x[i];
            for (size_t j = 0; j < kSize; ++j) local.hessian[i][j] += w * p * (1 - p) * x[i] * x[j];
        }
    }
    for (size_t i = 0; i + 1 < kSize; ++i) {
        local.loss += kRidge / 2 * at[i] * at[i];
        local.gradient[i] += kRidge * at[i];
        local.hessian[i][i] += kRidge;
    }
    return local;
}

// Solves hessian * step = gradient by elimination; false when it is singular.
bool solve(std::array<Point, kSize> matrix, Point right, Point& step) {
    for (size_t i = 0; i < kSize; ++i) {
        size_t pivot = i;
        for (size_t r = i + 1; r < kSize; ++r)
            if (std::abs(matrix[r][i]) > std::abs(matrix[pivot][i])) pivot = r;
        if (!(std::abs(matrix[pivot][i]) > 0)) return false;
        std::swap(matrix[i], matrix[pivot]);
        std::swap(right[i], right[pivot]);
        for (size_t r = i + 1; r < kSize; ++r) {
            const double factor = matrix[r][i] / matrix[i][i];
            for (size_t c = i; c < kSize; ++c) matrix[r][c] -= factor * matrix[i][c];
            right[r] -= factor * right[i];
        }
    }
    for (size_t i = kSize; i-- > 0;) {
        for (size_t c = i + 1; c < kSize; ++c) right[i] -= matrix[i][c] * step[c];
        step[i] = right[i] / matrix[i][i];
    }
    return true;
}

}  // namespace

Result<LogisticFit> fit_logistic(const LogisticRows& rows) {
    Point at{};
    Local here = look(rows, at);
    double total = 0;
    for (const double weight : rows.weights) total += weight;
    for (int step_count = 0; step_count < kStepsMax; ++step_count) {
        double steepest = 0;
        for (const double part : here.gradient) steepest = std::max(steepest, std::abs(part));
        if (steepest <= kGradientMost * total) return at;
        auto matrix = here.hessian;
        if (rows.column_count == 1) matrix[1] = {0, 1, 0};
        Point step{};
        if (!solve(matrix, here.gradient, step)) break;
        double share = 1;
        for (int halving = 0;; ++halving, share /= 2) {
            if (halving == kHalvingsMax) return at;  // as far as the digits go
            Point next = at;
            for (size_t i = 0; i < kSize; ++i) next[i] -= share * step[i];
            const Local there = look(rows, next);
            if (!(there.loss <= here.loss * (1 + kRounding))) continue;
            at = next;
            here = there;
            break;
        }
    }
    return failed_precondition("the calibration has no best fit on its rows")
        .hint("set more rows aside, or use `calibrate: isotonic`");
}

}  // namespace quern::score
