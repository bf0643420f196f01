#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "quern/stats/random.h"
#include "quern/train/nearest_points.h"
#include "quern/train/order_statistics.h"
#include "quern/train/selector.h"

namespace quern::train {
namespace {

struct MutualInformation {
    double keep = kKeepDefault;
    int64_t neighbors = 3;

    static std::vector<Param> params() {
        return {keep_param(&MutualInformation::keep),
                param("neighbors", &MutualInformation::neighbors,
                      "Of each row, how many nearest ones count; more give a steadier, duller "
                      "estimate.")
                    .in(1, 1000)};
    }
};

// psi(1), psi(2), ...: Euler's constant taken off the harmonic numbers.
class Digamma {
public:
    explicit Digamma(size_t most) {
        long double sum = -std::numbers::egamma_v<long double>;
        for (size_t n = 1; n <= most + 1; ++n) {
            values_.push_back(static_cast<double>(sum));
            sum += 1.0L / static_cast<long double>(n);
        }
    }
    double operator()(size_t n) const { return values_[n - 1]; }

private:
    std::vector<double> values_;
};

struct Pairs {  // rows where the column is there
    std::vector<double> x, y;
    size_t count() const { return x.size(); }
};

std::vector<uint32_t> order_of(const std::vector<double>& values) {
    std::vector<uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, {}, [&](uint32_t i) { return values[i]; });
    return order;
}

// Divided by the deviation. Nearest neighbours need values that differ: where some are equal, a
// noise far below what counts parts them (Kraskov et al. 2004).
void spread(std::vector<double>& values, uint64_t seed) {
    const double deviation = moments_of(values).deviation;
    double size = 0;
    for (double& value : values) size += std::abs(value /= deviation > 0 ? deviation : 1);
    auto sorted = values;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) == sorted.end()) return;
    const double noise = 1e-10 * std::max(1.0, size / static_cast<double>(values.size()));
    stats::Random random(seed);
    for (double& value : values) {
        const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
        value += noise * radius * std::cos(2 * std::numbers::pi * random.uniform());
    }
}

// Of each value, how many lie within its radius, it among them.
std::vector<size_t> counts_within(const std::vector<double>& values,
                                  const std::vector<double>& radius) {
    const auto order = order_of(values);
    std::vector<double> sorted;
    for (const uint32_t i : order) sorted.push_back(values[i]);
    std::vector<size_t> counts(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        const auto low = std::ranges::partition_point(
            sorted, [&](double other) { return values[i] - other > radius[i]; });
        const auto high = std::partition_point(
            low, sorted.end(), [&](double other) { return other - values[i] <= radius[i]; });
        counts[i] = static_cast<size_t>(high - low);
    }
    return counts;
}

double below(double distance) { return distance > 0 ? std::nextafter(distance, 0) : 0; }

double of_categories(const Pairs& pairs) {
    std::map<std::pair<double, double>, double> both;
    std::map<double, double> xs, ys;
    for (size_t i = 0; i < pairs.count(); ++i) {
        ++both[{pairs.x[i], pairs.y[i]}];
        ++xs[pairs.x[i]];
        ++ys[pairs.y[i]];
    }
    const auto n = static_cast<double>(pairs.count());
    double sum = 0;
    for (const auto& [pair, count] : both)
        sum += count / n * std::log(count / xs[pair.first] * (n / ys[pair.second]));
    return sum;
}

// Ross (2014): the numbers are x, the categories y.
double of_mixed(const Pairs& pairs, size_t neighbors, const Digamma& digamma) {
    std::map<double, std::vector<uint32_t>> of_category;
    for (const uint32_t i : order_of(pairs.x)) of_category[pairs.y[i]].push_back(i);
    std::vector<double> values, radius;
    double sum = 0;
    for (const auto& [category, rows] : of_category) {
        if (rows.size() < 2) continue;
        std::vector<double> own;
        for (const uint32_t i : rows) own.push_back(pairs.x[i]);
        for (const double distance : line_distances(own, neighbors))
            radius.push_back(below(distance));
        values.insert(values.end(), own.begin(), own.end());
        sum += static_cast<double>(own.size()) *
               (digamma(std::min(neighbors, own.size() - 1)) - digamma(own.size()));
    }
    if (values.empty()) return 0;
    for (const size_t count : counts_within(values, radius)) sum -= digamma(count);
    return digamma(values.size()) + sum / static_cast<double>(values.size());
}

// Kraskov, Stoegbauer and Grassberger (2004), their first estimator.
double of_numbers(const Pairs& pairs, size_t neighbors, const Digamma& digamma) {
    std::vector<PlanePoint> points;
    for (size_t i = 0; i < pairs.count(); ++i) points.push_back({pairs.x[i], pairs.y[i]});
    auto radius = plane_distances(points, neighbors);
    for (double& distance : radius) distance = below(distance);
    double sum = 0;
    for (const auto* values : {&pairs.x, &pairs.y})
        for (const size_t count : counts_within(*values, radius)) sum += digamma(count);
    const auto n = static_cast<double>(pairs.count());
    return digamma(pairs.count()) + digamma(std::min(neighbors, pairs.count() - 1)) - sum / n;
}

// A category, or a column of two values at most, as those of one_hot.
bool is_discrete(const MatrixColumn& column, const std::vector<double>& values) {
    if (column.is_category) return true;
    const auto [low, high] = std::ranges::minmax(values);
    return std::ranges::all_of(values, [&](double value) { return value == low || value == high; });
}

class Estimate {
public:
    Estimate(const SelectorInput& input, size_t neighbors)
        : input_(input),
          neighbors_(neighbors),
          is_regress_(input.fit.task == Task::regress),
          digamma_(input.matrix().row_count),
          targets_(input.fit.lesson.targets.begin(), input.fit.lesson.targets.end()) {
        if (is_regress_) spread(targets_, stats::mix(input.fit.seed, 0));
    }

    double of(size_t column) const {
        const auto& matrix = input_.matrix();
        Pairs pairs;
        for (size_t row = 0; row < matrix.row_count; ++row) {
            if (!std::isfinite(matrix.row(row)[column])) continue;
            pairs.x.push_back(matrix.row(row)[column]);
            pairs.y.push_back(targets_[row]);
        }
        if (pairs.count() < 2) return 0;
        const bool is_category = is_discrete(matrix.columns[column], pairs.x);
        if (is_category && !is_regress_) return of_categories(pairs);
        if (is_category)
            std::swap(pairs.x, pairs.y);
        else
            spread(pairs.x, stats::mix(input_.fit.seed, column + 1));
        if (is_category || !is_regress_) return of_mixed(pairs, neighbors_, digamma_);
        return of_numbers(pairs, neighbors_, digamma_);
    }

private:
    const SelectorInput& input_;
    size_t neighbors_;
    bool is_regress_;
    Digamma digamma_;
    std::vector<double> targets_;
};

Result<Selected> keep_telling(const SelectorInput& input) {
    const auto settings =
        TRY(parse_params<MutualInformation>(input.settings, "mutual_information"));
    const Estimate estimate(input, static_cast<size_t>(settings.neighbors));
    std::vector<double> scores;
    for (size_t column = 0; column < input.column_count(); ++column) {
        TRY(input.fit.watch.check());
        scores.push_back(std::max(0.0, estimate.of(column)));
    }
    return keep_best(std::move(scores), settings.keep);
}

}  // namespace

QUERN_REGISTER(Selector)({
    .name = "mutual_information",
    .summary = "Keeps the columns that tell most about the target, in whatever form they do, by "
               "nearest neighbours. Rows where a column is missing do not count.",
    .reference = "scikit-learn's SelectKBest(mutual_info_classif), of numbers "
                 "SelectKBest(mutual_info_regression), categories and columns of two values being "
                 "its discrete_features; its random noise is added where values are equal only",
    .example = "select: {method: mutual_information, keep: 20}",
    .measure = "mutual information",
    .params = MutualInformation::params(),
    .check_settings = check_params<MutualInformation>,
    .select = keep_telling,
});

}  // namespace quern::train
