#include <algorithm>
#include <cmath>
#include <limits>

#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct Anova {
    double keep = kKeepDefault;
    static std::vector<Param> params() { return {keep_param(&Anova::keep)}; }
};

struct Point {
    double value, target;
};

double mean_of(const std::vector<Point>& points, double Point::* part) {
    double sum = 0;
    for (const Point& point : points) sum += point.*part;
    return points.empty() ? 0 : sum / static_cast<double>(points.size());
}

// Variance between the classes by variance within them.
double f_of_classes(const std::vector<Point>& points, size_t class_count) {
    std::vector<double> counts(class_count), means(class_count);
    for (const Point& point : points) ++counts[static_cast<size_t>(point.target)];
    for (const Point& point : points) means[static_cast<size_t>(point.target)] += point.value;
    for (size_t k = 0; k < class_count; ++k)
        if (counts[k] > 0) means[k] /= counts[k];
    const double mean = mean_of(points, &Point::value);
    double between = 0, within = 0, present = 0;
    for (size_t k = 0; k < class_count; ++k) {
        between += counts[k] * (means[k] - mean) * (means[k] - mean);
        present += counts[k] > 0 ? 1 : 0;
    }
    for (const Point& point : points) {
        const double off = point.value - means[static_cast<size_t>(point.target)];
        within += off * off;
    }
    if (between == 0) return 0;
    return between / (present - 1) / (within / (static_cast<double>(points.size()) - present));
}

// Of a line through the rows: what it explains by what it leaves.
double f_of_numbers(const std::vector<Point>& points) {
    const double mean = mean_of(points, &Point::value), target = mean_of(points, &Point::target);
    double squares = 0, target_squares = 0, products = 0;
    for (const Point& point : points) {
        squares += (point.value - mean) * (point.value - mean);
        target_squares += (point.target - target) * (point.target - target);
        products += (point.value - mean) * (point.target - target);
    }
    if (squares == 0 || target_squares == 0) return 0;
    const double correlation = products / std::sqrt(squares) / std::sqrt(target_squares);
    const double explained = correlation * correlation;
    if (explained >= 1) return std::numeric_limits<double>::max();
    return explained / (1 - explained) * (static_cast<double>(points.size()) - 2);
}

Result<Selected> keep_different(const SelectorInput& input) {
    const auto settings = TRY(parse_params<Anova>(input.settings, "anova"));
    const bool is_regress = input.fit.task == Task::regress;
    const auto score = [&](std::span<const double> numbers) {
        std::vector<Point> known;
        for (size_t row = 0; row < numbers.size(); ++row)
            if (!std::isnan(numbers[row]))
                known.push_back({numbers[row], input.fit.lesson.targets[row]});
        // Of a constant, rounding would be divided by rounding.
        const auto is_first = [&](const Point& point) { return point.value == known[0].value; };
        if (std::ranges::all_of(known, is_first)) return 0.0;
        return is_regress ? f_of_numbers(known)
                          : f_of_classes(known, static_cast<size_t>(input.fit.class_count));
    };
    return keep_best(score_numbers(input.matrix(), score), settings.keep);
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "anova",
    .summary = "Keeps the columns whose means differ most between the classes; of a number, those "
               "that lie nearest to a line with it. Rows where a column is missing do not count.",
    .reference = "scikit-learn's SelectKBest(f_classif), of numbers SelectKBest(f_regression)",
    .example = "select: {method: anova, keep: 20}",
    .measure = "F",
    .params = Anova::params(),
    .check_settings = check_params<Anova>,
    .select = keep_different,
});

}  // namespace quern::train
