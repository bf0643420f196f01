#include "quern/train/principal_axes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quern::train {
namespace {

// A symmetric matrix, [row][column].
struct Symmetric {
    size_t size = 0;
    std::vector<double> cells;

    double& at(size_t row, size_t column) { return cells[row * size + column]; }
};

// Turns the plane of axes p and q so that their cell becomes 0.
void rotate(Symmetric& matrix, Symmetric& axes, size_t p, size_t q) {
    const double cell = matrix.at(p, q);
    if (cell == 0) return;
    const double theta = (matrix.at(q, q) - matrix.at(p, p)) / (2 * cell);
    const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::hypot(theta, 1));
    const double c = 1 / std::hypot(t, 1), s = t * c;
    const auto turn = [&](double& a, double& b) {
        const double before = a;
        a = c * a - s * b;
        b = s * before + c * b;
    };
    for (size_t i = 0; i < matrix.size; ++i) turn(matrix.at(i, p), matrix.at(i, q));
    for (size_t i = 0; i < matrix.size; ++i) turn(matrix.at(p, i), matrix.at(q, i));
    for (size_t i = 0; i < matrix.size; ++i) turn(axes.at(p, i), axes.at(q, i));
}

// Jacobi's method: the axes are the rows of what comes back, their values the matrix's diagonal.
Symmetric diagonalize(Symmetric& matrix) {
    constexpr int kSweepsMax = 60;
    Symmetric axes{matrix.size, std::vector<double>(matrix.cells.size())};
    for (size_t i = 0; i < axes.size; ++i) axes.at(i, i) = 1;
    for (int sweep = 0; sweep < kSweepsMax; ++sweep) {
        double off = 0, on = 0;
        for (size_t p = 0; p < matrix.size; ++p) {
            on += matrix.at(p, p) * matrix.at(p, p);
            for (size_t q = p + 1; q < matrix.size; ++q) off += matrix.at(p, q) * matrix.at(p, q);
        }
        if (off <= 1e-32 * on) break;
        for (size_t p = 0; p < matrix.size; ++p)
            for (size_t q = p + 1; q < matrix.size; ++q) rotate(matrix, axes, p, q);
    }
    return axes;
}

}  // namespace

Result<FittedTransform> fit_axes(const TransformInput& input, const AxesSettings& settings) {
    const size_t width = input.column_count();
    const auto wanted = static_cast<size_t>(settings.component_count);
    if (wanted > width) {
        return invalid_argument("'components' must be at most the " + std::to_string(width) +
                                " columns, got " + std::to_string(wanted));
    }
    if (width > kAxesColumnsMax) {
        return resource_exhausted("the axes of " + std::to_string(width) +
                                  " columns are too many to find; the limit is " +
                                  std::to_string(kAxesColumnsMax))
            .hint("give it fewer columns, such as tfidf(..., max_features := 500)");
    }
    std::vector<size_t> rows;
    for (size_t row = 0; row < input.row_count(); ++row) {
        bool is_whole = true;
        for (size_t i = 0; i < width; ++i) is_whole = is_whole && std::isfinite(input.at(row, i));
        if (is_whole) rows.push_back(row);
    }
    const auto count = static_cast<double>(rows.size());
    std::vector<double> mean(width);
    if (settings.takes_off_mean && !rows.empty()) {
        for (const size_t row : rows)
            for (size_t i = 0; i < width; ++i) mean[i] += input.at(row, i);
        for (double& one : mean) one /= count;
    }
    Symmetric spread{width, std::vector<double>(width * width)};
    for (const size_t row : rows)
        for (size_t i = 0; i < width; ++i)
            for (size_t j = 0; j < width; ++j)
                spread.at(i, j) += (input.at(row, i) - mean[i]) * (input.at(row, j) - mean[j]);
    Symmetric axes = diagonalize(spread);
    std::vector<size_t> order(width);
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](size_t k) { return spread.at(k, k); });
    std::vector<double> weights;
    for (size_t k = 0; k < wanted; ++k) {
        const auto begin = axes.cells.begin() + static_cast<std::ptrdiff_t>(order[k] * width);
        const std::vector<double> axis(begin, begin + static_cast<std::ptrdiff_t>(width));
        const double largest =
            *std::ranges::max_element(axis, {}, [](double weight) { return std::abs(weight); });
        const double variance = spread.at(order[k], order[k]) / std::max(count - 1, 1.0);
        const double scale = settings.whitens && variance > 0 ? std::sqrt(variance) : 1;
        for (const double weight : axis)
            weights.push_back((largest < 0 ? -weight : weight) / scale);
    }
    return FittedTransform{"project", {{"mean", mean}, {"weights", weights}}};
}

}  // namespace quern::train
