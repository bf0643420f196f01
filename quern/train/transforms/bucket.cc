#include <algorithm>
#include <cmath>

#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct Bucket {
    std::string kind = "quantile";
    int64_t count = 5;
    bool one_hot = false;

    static std::vector<Param> params() {
        return {param("kind", &Bucket::kind,
                      "Ranges of equal rows, of equal width, or those of a decision tree of the "
                      "target.")
                    .one_of({"quantile", "width", "tree"}),
                param("count", &Bucket::count, "Most ranges.").in(2, 1000),
                param("one_hot", &Bucket::one_hot,
                      "A column of 0 and 1 for each range instead of its number.")};
    }
};

// As scikit-learn, whose ranges of no width fall away.
std::vector<double> inner_cuts(const std::vector<double>& edges) {
    std::vector<double> cuts;
    double last = edges.front();
    for (size_t i = 1; i < edges.size(); ++i) {
        if (edges[i] - last <= 1e-8) continue;
        last = edges[i];
        cuts.push_back(last);
    }
    if (!cuts.empty()) cuts.pop_back();
    return cuts;
}

std::vector<double> cuts_by_width(const std::vector<double>& sorted, size_t count) {
    const double low = sorted.front(), step = (sorted.back() - low) / double(count);
    std::vector<double> edges;
    for (size_t i = 0; i < count; ++i) edges.push_back(low + step * double(i));
    edges.push_back(sorted.back());
    return inner_cuts(edges);
}

// The averaged inverse of the distribution (Hyndman and Fan's type 2).
std::vector<double> cuts_by_rows(const std::vector<double>& sorted, size_t count) {
    std::vector<double> edges;
    for (size_t i = 0; i <= count; ++i) {
        const double at = double(i) / double(count) * double(sorted.size());
        const auto above = std::min(static_cast<size_t>(std::ceil(at)), sorted.size());
        const bool is_between = at == std::ceil(at) && above > 0 && above < sorted.size();
        edges.push_back(is_between ? (sorted[above - 1] + sorted[above]) / 2
                                   : sorted[std::max<size_t>(above, 1) - 1]);
    }
    return inner_cuts(edges);
}

struct Point {
    double value, target;
};

// The best cut of sorted rows [begin, end): by the fall of the sum of squared errors, of classes by
// the fall of Gini's impurity, which is the same sum over the classes.
struct Split {
    size_t begin = 0, end = 0, at = 0;
    double gain = 0;
};

Split best_split(const std::vector<Point>& points, size_t begin, size_t end, size_t class_count) {
    const auto column = [&](const Point& point, size_t k) {
        return class_count == 0 ? point.target : point.target == double(k) ? 1.0 : 0.0;
    };
    const size_t width = std::max<size_t>(class_count, 1);
    std::vector<double> all(width), left(width);
    for (size_t i = begin; i < end; ++i)
        for (size_t k = 0; k < width; ++k) all[k] += column(points[i], k);
    Split best{begin, end, begin, 0};
    for (size_t i = begin; i + 1 < end; ++i) {
        for (size_t k = 0; k < width; ++k) left[k] += column(points[i], k);
        if (points[i].value == points[i + 1].value) continue;
        const double before = double(i + 1 - begin), after = double(end - i - 1);
        double gain = 0;
        for (size_t k = 0; k < width; ++k) {
            const double right = all[k] - left[k];
            gain += left[k] * left[k] / before + right * right / after -
                    all[k] * all[k] / (before + after);
        }
        if (gain > best.gain + 1e-12) best = {begin, end, i + 1, gain};
    }
    return best;
}

// Best first, until there are `count` leaves.
std::vector<double> cuts_by_tree(std::vector<Point> points, size_t count, size_t class_count) {
    std::ranges::stable_sort(points, {}, &Point::value);
    std::vector<Split> leaves = {best_split(points, 0, points.size(), class_count)};
    std::vector<double> cuts;
    while (leaves.size() < count) {
        const auto best = std::ranges::max_element(leaves, {}, &Split::gain);
        if (best->gain <= 0) break;
        const Split split = *best;
        cuts.push_back((points[split.at - 1].value + points[split.at].value) / 2);
        *best = best_split(points, split.begin, split.at, class_count);
        leaves.push_back(best_split(points, split.at, split.end, class_count));
    }
    std::ranges::sort(cuts);
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    return cuts;
}

std::vector<double> cuts_of(const TransformInput& input, size_t column, const Bucket& settings) {
    const auto count = static_cast<size_t>(settings.count);
    if (settings.kind == "tree") {
        std::vector<Point> points;
        for (size_t row = 0; row < input.row_count(); ++row)
            if (std::isfinite(input.at(row, column)))
                points.push_back({input.at(row, column), input.targets[row]});
        const bool is_classify = input.task == score::Task::classify;
        return points.empty() ? std::vector<double>()
                              : cuts_by_tree(std::move(points), count,
                                             is_classify ? size_t(input.class_count) : 0);
    }
    auto values = input.known(column);
    if (values.empty()) return {};
    std::ranges::sort(values);
    return settings.kind == "width" ? cuts_by_width(values, count) : cuts_by_rows(values, count);
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Bucket>(input.settings, "bucket"));
    std::vector<double> cuts;
    std::vector<uint32_t> counts;
    for (size_t c = 0; c < input.column_count(); ++c) {
        const auto own = cuts_of(input, c, settings);
        counts.push_back(static_cast<uint32_t>(own.size()));
        cuts.insert(cuts.end(), own.begin(), own.end());
    }
    score::Buffers learned{{"cuts", cuts}, {"counts", counts}};
    if (settings.one_hot) learned["one_hot"] = std::vector<uint8_t>{1};
    return FittedTransform{"bucket", std::move(learned)};
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "bucket",
    .summary = "The number of the range that the value lies in: 0, 1, 2.",
    .reference = "scikit-learn's KBinsDiscretizer(encode='ordinal'); of kind tree its "
                 "DecisionTreeClassifier and DecisionTreeRegressor(max_leaf_nodes=count)",
    .example = "bucket(age, kind := 'quantile', count := 10)",
    .takes = Takes::numbers,
    .params = Bucket::params(),
    .check_settings = check_params<Bucket>,
    .fit = fit,
});

}  // namespace quern::train
