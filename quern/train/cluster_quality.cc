#include "quern/train/cluster_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quern::train {
namespace {

double square_between(const double* a, const double* b, size_t column_count) {
    double sum = 0;
    for (size_t c = 0; c < column_count; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

struct Rows {
    std::span<const double> values;
    std::span<const int32_t> of_row;
    size_t column_count, cluster_count;

    size_t count() const { return of_row.size(); }
    const double* row(size_t index) const { return values.data() + index * column_count; }
    size_t cluster(size_t index) const { return static_cast<size_t>(of_row[index]); }
    std::vector<double> sizes() const {
        std::vector<double> sizes(cluster_count);
        for (const int32_t cluster : of_row) ++sizes[static_cast<size_t>(cluster)];
        return sizes;
    }
};

// Rousseeuw 1987, as sklearn.metrics.silhouette_score.
double silhouette(const Rows& rows) {
    const auto sizes = rows.sizes();
    double sum = 0;
    for (size_t i = 0; i < rows.count(); ++i) {
        const size_t own = rows.cluster(i);
        if (sizes[own] < 2) continue;  // counts 0
        std::vector<double> distances(rows.cluster_count);
        for (size_t j = 0; j < rows.count(); ++j)
            distances[rows.cluster(j)] +=
                std::sqrt(square_between(rows.row(i), rows.row(j), rows.column_count));
        const double within = distances[own] / (sizes[own] - 1);
        double other = std::numeric_limits<double>::infinity();
        for (size_t k = 0; k < rows.cluster_count; ++k)
            if (k != own && sizes[k] > 0) other = std::min(other, distances[k] / sizes[k]);
        const double most = std::max(within, other);
        sum += most > 0 ? (other - within) / most : 0;
    }
    return sum / static_cast<double>(rows.count());
}

// Davies and Bouldin 1979, as sklearn.metrics.davies_bouldin_score: by the means of these rows.
double davies_bouldin(const Rows& rows) {
    const auto sizes = rows.sizes();
    std::vector<double> means(rows.cluster_count * rows.column_count), within(rows.cluster_count);
    for (size_t i = 0; i < rows.count(); ++i)
        for (size_t c = 0; c < rows.column_count; ++c)
            means[rows.cluster(i) * rows.column_count + c] +=
                rows.row(i)[c] / sizes[rows.cluster(i)];
    const auto mean = [&](size_t k) { return means.data() + k * rows.column_count; };
    for (size_t i = 0; i < rows.count(); ++i) {
        const size_t own = rows.cluster(i);
        within[own] +=
            std::sqrt(square_between(rows.row(i), mean(own), rows.column_count)) / sizes[own];
    }
    double sum = 0, count = 0;
    for (size_t a = 0; a < rows.cluster_count; ++a) {
        if (sizes[a] == 0) continue;
        double worst = 0;
        for (size_t b = 0; b < rows.cluster_count; ++b) {
            if (b == a || sizes[b] == 0) continue;
            const double apart = std::sqrt(square_between(mean(a), mean(b), rows.column_count));
            if (apart > 0) worst = std::max(worst, (within[a] + within[b]) / apart);
        }
        sum += worst;
        ++count;
    }
    return sum / count;
}

}  // namespace

std::vector<evaluate::Estimate> cluster_quality(std::span<const double> values,
                                                std::span<const int32_t> of_row,
                                                std::span<const double> centers,
                                                size_t column_count) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    std::vector<evaluate::Estimate> estimates;
    const auto add = [&](const char* name, double value) {
        estimates.push_back({name, value, kNan, kNan, "none"});
    };
    const Rows all{values, of_row, column_count, centers.size() / column_count};
    const auto sizes = all.sizes();
    if (std::ranges::count_if(sizes, [](double size) { return size > 0; }) > 1) {
        Rows some = all;
        some.of_row = of_row.first(std::min(of_row.size(), kSilhouetteRowsMax));
        add("davies_bouldin", davies_bouldin(all));
        add("silhouette", silhouette(some));
    }
    double squares = 0;
    for (size_t i = 0; i < all.count(); ++i)
        squares += square_between(all.row(i), centers.data() + all.cluster(i) * column_count,
                                  column_count);
    add("mean_squared_distance", squares / static_cast<double>(all.count()));
    return estimates;
}

}  // namespace quern::train
