#include <algorithm>
#include <numeric>

#include "quern/score/calibrations/curves.h"

namespace quern::score {
namespace {

// Straight lines between corners, level beyond the first and the last.
struct Isotonic {
    std::vector<double> x, y;
    double operator()(double p) const {
        const double at = std::clamp(p, x.front(), x.back());
        const auto above = std::lower_bound(x.begin(), x.end(), at) - x.begin();
        if (above == 0) return y[0];
        const auto below = above - 1;
        const double slope = (y[above] - y[below]) / (x[above] - x[below]);
        return slope * (at - x[below]) + y[below];
    }
};

struct Block {
    double x_first, x_last, sum, weight;
    double mean() const { return sum / weight; }
};

// Rows of one probability are one block; blocks that fall are joined until all rise (Ayer and
// others 1955). The ends of each block are corners.
Isotonic fit_class(const ClassRows& rows) {
    std::vector<size_t> order(rows.p.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t row) { return rows.p[row]; });
    std::vector<Block> points, blocks;
    for (const size_t row : order) {
        const double p = rows.p[row], weight = rows.weight[row];
        if (weight <= 0) continue;
        if (points.empty() || points.back().x_last != p) points.push_back({p, p, 0, 0});
        points.back().sum += weight * rows.is_true[row];
        points.back().weight += weight;
    }
    for (Block block : points) {
        while (!blocks.empty() && blocks.back().mean() >= block.mean()) {
            const Block& last = blocks.back();
            block = {last.x_first, block.x_last, last.sum + block.sum, last.weight + block.weight};
            blocks.pop_back();
        }
        blocks.push_back(block);
    }
    Isotonic curve;
    for (const Block& block : blocks) {
        for (const double x : {block.x_first, block.x_last}) {
            if (!curve.x.empty() && curve.x.back() == x) continue;
            curve.x.push_back(x);
            curve.y.push_back(block.mean());
        }
    }
    return curve;
}

Result<Buffers> fit(const CalibrationRows& rows) {
    std::vector<double> x, y;
    std::vector<int64_t> ends;
    for (size_t curve = 0; curve < curve_count(rows.class_count); ++curve) {
        const Isotonic fitted = fit_class(class_rows(rows, curve));
        if (fitted.x.empty()) return failed_precondition("no row to calibrate with has a weight");
        x.insert(x.end(), fitted.x.begin(), fitted.x.end());
        y.insert(y.end(), fitted.y.begin(), fitted.y.end());
        ends.push_back(std::ssize(x));
    }
    return Buffers{{"x", x}, {"y", y}, {"ends", ends}};
}

Status check_curve(const Isotonic& curve) {
    for (size_t i = 0; i < curve.x.size(); ++i) {
        const bool is_inside = std::isfinite(curve.x[i]) && curve.y[i] >= 0 && curve.y[i] <= 1;
        const bool is_rising =
            i == 0 || (curve.x[i] > curve.x[i - 1] && curve.y[i] >= curve.y[i - 1]);
        if (!is_inside || !is_rising) return corrupt("an isotonic curve does not rise");
    }
    return {};
}

Result<BoundCalibration> bind(const Buffers& learned, size_t class_count) {
    TRY(check_names(learned, {"x", "y", "ends"}));
    const auto x = TRY(take_buffer<double>(learned, "x"));
    const auto y = TRY(take_buffer<double>(learned, "y", x.size()));
    const auto ends = TRY(take_buffer<int64_t>(learned, "ends", curve_count(class_count)));
    auto curves = std::make_shared<Curves<Isotonic>>();
    curves->class_count = class_count;
    int64_t begin = 0;
    for (const int64_t end : ends) {
        if (end <= begin || end > std::ssize(x)) return corrupt("an isotonic curve is empty");
        Isotonic& curve = curves->of_class.emplace_back();
        curve.x.assign(x.begin() + begin, x.begin() + end);
        curve.y.assign(y.begin() + begin, y.begin() + end);
        TRY(check_curve(curve));
        begin = end;
    }
    if (begin != std::ssize(x)) return corrupt("an isotonic curve belongs to no class");
    return BoundCalibration{apply_curves<Isotonic>, std::move(curves)};
}

}  // namespace

QUERN_REGISTER(Calibration)({
    .name = "isotonic",
    .summary = "Any rising curve, as lines between corners; for a thousand rows and more.",
    .source = "sklearn.isotonic.IsotonicRegression(out_of_bounds='clip')",
    .fit = fit,
    .bind = bind,
});

}  // namespace quern::score
