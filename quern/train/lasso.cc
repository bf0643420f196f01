// Coordinate descent (Friedman, Hastie, Tibshirani 2010): one weight after the other is set to its
// best value, which is 0 where its pull is below the penalty. For classes each round does so on the
// quadratic nearest to the loss.
#include "quern/train/lasso.h"

#include <algorithm>
#include <cmath>

namespace quern::train {
namespace {

double shrink(double value, double by) {
    return value > by ? value - by : value < -by ? value + by : 0;
}

// The quadratic sum h (residual - columns * move)^2 / 2n + alpha |weights + move|, where `pull` is
// h times what is left of the residual. An empty h is all 1.
class Descent {
public:
    Descent(const LassoColumns& columns, const LassoSettings& settings)
        : columns_(columns), settings_(settings), weights(columns.size()) {}

    Status run(std::span<const double> h, bool has_intercept) {
        h_ = h;
        curves_.clear();
        for (const auto& column : columns_) curves_.push_back(curve(column));
        std::vector<uint32_t> all(columns_.size()), active;
        for (uint32_t j = 0; j < all.size(); ++j) all[j] = j;
        for (int64_t step = 0; step < settings_.steps_max;) {
            if (settings_.watch != nullptr) TRY(settings_.watch->check());
            ++step;
            if (sweep(all, has_intercept) <= settings_.tolerance) return {};
            active.clear();
            for (const uint32_t j : all)
                if (weights[j] != 0) active.push_back(j);
            while (step < settings_.steps_max && sweep(active, has_intercept) > settings_.tolerance)
                ++step;
        }
        return {};
    }

private:
    double height(size_t row) const { return h_.empty() ? 1 : h_[row]; }
    double curve(const std::vector<double>& column) const {
        double sum = 0;
        for (size_t row = 0; row < column.size(); ++row)
            sum += height(row) * column[row] * column[row];
        return sum / static_cast<double>(column.size());
    }

    double sweep(const std::vector<uint32_t>& indices, bool has_intercept) {
        double largest = has_intercept ? move_intercept() : 0;
        for (const uint32_t j : indices) {
            if (curves_[j] == 0) continue;
            const auto& column = columns_[j];
            double sum = 0;
            for (size_t row = 0; row < column.size(); ++row) sum += column[row] * pull[row];
            const double at = sum / static_cast<double>(column.size()) + curves_[j] * weights[j];
            const double best = shrink(at, settings_.alpha) / curves_[j];
            const double move = best - weights[j];
            if (move == 0) continue;
            for (size_t row = 0; row < column.size(); ++row)
                pull[row] -= height(row) * column[row] * move;
            weights[j] = best;
            largest = std::max(largest, std::abs(move));
        }
        return largest;
    }

    double move_intercept() {
        double sum = 0, heights = 0;
        for (size_t row = 0; row < pull.size(); ++row) {
            sum += pull[row];
            heights += height(row);
        }
        const double move = heights > 0 ? sum / heights : 0;
        for (size_t row = 0; row < pull.size(); ++row) pull[row] -= height(row) * move;
        intercept += move;
        return std::abs(move);
    }

    const LassoColumns& columns_;
    const LassoSettings& settings_;
    std::span<const double> h_;
    std::vector<double> curves_;

public:
    std::vector<double> weights, pull;
    double intercept = 0;
};

std::vector<double> raw_scores(const LassoColumns& columns, const std::vector<double>& weights,
                               double intercept, size_t row_count) {
    std::vector<double> raw(row_count, intercept);
    for (size_t j = 0; j < columns.size(); ++j) {
        if (weights[j] == 0) continue;
        for (size_t row = 0; row < row_count; ++row) raw[row] += weights[j] * columns[j][row];
    }
    return raw;
}

double loss_of(const std::vector<double>& raw, std::span<const double> targets,
               const std::vector<double>& weights, double alpha) {
    double sum = 0, size = 0;
    for (size_t row = 0; row < raw.size(); ++row) {
        const double margin = targets[row] == 1 ? raw[row] : -raw[row];
        sum += margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    for (const double weight : weights) size += std::abs(weight);
    return sum / static_cast<double>(raw.size()) + alpha * size;
}

}  // namespace

Result<std::vector<double>> lasso(const LassoColumns& columns, std::span<const double> targets,
                                  const LassoSettings& settings) {
    Descent descent(columns, settings);
    descent.pull.assign(targets.begin(), targets.end());
    TRY(descent.run({}, false));
    return std::move(descent.weights);
}

Result<std::vector<double>> logistic_lasso(const LassoColumns& columns,
                                           std::span<const double> targets,
                                           const LassoSettings& settings) {
    constexpr int kRounds = 100, kHalvings = 30;
    Descent descent(columns, settings);
    auto raw = raw_scores(columns, descent.weights, 0, targets.size());
    double loss = loss_of(raw, targets, descent.weights, settings.alpha);
    std::vector<double> h(targets.size());
    for (int round = 0; round < kRounds; ++round) {
        descent.pull.resize(targets.size());
        for (size_t row = 0; row < targets.size(); ++row) {
            const double p = 1 / (1 + std::exp(-raw[row]));
            h[row] = p * (1 - p);
            descent.pull[row] = targets[row] - p;
        }
        const auto from = descent.weights;
        const double intercept = descent.intercept;
        TRY(descent.run(h, true));
        const auto best = descent.weights;
        const double best_intercept = descent.intercept;
        double share = 1, moved = std::abs(best_intercept - intercept);
        for (size_t j = 0; j < best.size(); ++j)
            moved = std::max(moved, std::abs(best[j] - from[j]));
        if (moved <= settings.tolerance) break;
        // The quadratic may reach too far; the loss itself must not rise.
        for (int halving = 0; halving < kHalvings; ++halving, share /= 2) {
            for (size_t j = 0; share < 1 && j < best.size(); ++j)
                descent.weights[j] = from[j] + share * (best[j] - from[j]);
            descent.intercept = intercept + share * (best_intercept - intercept);
            raw = raw_scores(columns, descent.weights, descent.intercept, targets.size());
            const double now = loss_of(raw, targets, descent.weights, settings.alpha);
            if (now > loss + 1e-14 * std::abs(loss)) continue;
            loss = now;
            break;
        }
    }
    return std::move(descent.weights);
}

}  // namespace quern::train
