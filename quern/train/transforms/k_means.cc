#include <algorithm>
#include <cmath>

#include "quern/train/cluster.h"
#include "quern/train/transform.h"

namespace quern::train {
namespace {

struct KMeans {
    int64_t clusters = 8, starts = 3, max_iter = 300;
    std::string gives = "distances";

    static std::vector<Param> params() {
        return {param("clusters", &KMeans::clusters, "How many there are.").in(1, 1024),
                param("gives", &KMeans::gives,
                      "The distance to each center, or 1 for the nearest and 0 for the others.")
                    .one_of({"distances", "nearest"}),
                param("starts", &KMeans::starts, "Searches, of which the best is kept.").in(1, 100),
                param("max_iter", &KMeans::max_iter, "Steps of a search at most.").in(1, 10'000)};
    }
};

// Rows with a missing or infinite value do not teach.
std::vector<double> whole_rows(const TransformInput& input) {
    std::vector<double> values;
    const size_t width = input.column_count();
    for (size_t row = 0; row < input.row_count(); ++row) {
        const auto of = input.values.subspan(row * width, width);
        if (std::ranges::all_of(of, [](double value) { return std::isfinite(value); }))
            values.insert(values.end(), of.begin(), of.end());
    }
    return values;
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<KMeans>(input.settings, "k_means"));
    constexpr size_t kColumnsMax = 500;
    if (input.column_count() > kColumnsMax) {
        return resource_exhausted("k_means takes at most " + std::to_string(kColumnsMax) +
                                  " columns, got " + std::to_string(input.column_count()));
    }
    const auto values = whole_rows(input);
    const size_t rows = values.size() / input.column_count();
    if (rows < static_cast<size_t>(settings.clusters)) {
        return invalid_argument("'clusters' must be at most the " + std::to_string(rows) +
                                " rows without a missing value, got " +
                                std::to_string(settings.clusters));
    }
    const auto found = TRY(find_clusters(values, input.column_count(),
                                         {.clusters = static_cast<size_t>(settings.clusters),
                                          .max_iter = settings.max_iter,
                                          .starts = settings.starts,
                                          .seed = input.seed}));
    FittedTransform fitted{"distances", {{"centers", found.centers}}};
    if (settings.gives == "nearest") fitted.learned["nearest"] = std::vector<uint8_t>{1};
    return fitted;
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "k_means",
    .summary = "The distance to the center of each cluster, the largest one first. It does not "
               "scale: put standard_scale inside.",
    .reference = "scikit-learn's KMeans, transform and predict; the centers as far as both find "
                 "the best ones",
    .example = "k_means(standard_scale(width, height, depth), clusters := 4)",
    .takes = Takes::numbers,
    .params = KMeans::params(),
    .check_settings = check_params<KMeans>,
    .fit = fit,
});

}  // namespace quern::train
