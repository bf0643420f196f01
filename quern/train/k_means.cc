// k-means, the learner of models without a target.
#include <algorithm>
#include <limits>

#include "quern/score/models/centers.h"
#include "quern/train/cluster.h"
#include "quern/train/learner.h"

namespace quern::train {
namespace {

struct KMeans {
    int64_t clusters = 8, starts = 10, max_iter = 300;

    static std::vector<Param> params() {
        return {
            param("clusters", &KMeans::clusters, "How many there are.").in(2, score::kCentersMax),
            param("starts", &KMeans::starts, "Searches, of which the best is kept.").in(1, 1000),
            param("max_iter", &KMeans::max_iter, "Steps of a search at most.").in(1, 100'000)};
    }
};

Result<Fitted> fit_k_means(const FitInput& input) {
    const auto settings = TRY(parse_params<KMeans>(input.settings, "k_means"));
    const auto& matrix = input.lesson.matrix;
    const size_t columns = matrix.column_count();
    if (matrix.row_count < static_cast<size_t>(settings.clusters)) {
        return failed_precondition("k_means is to find " + std::to_string(settings.clusters) +
                                   " clusters in " + std::to_string(matrix.row_count) + " rows")
            .hint("lower `clusters`");
    }
    Clusters best;
    for (int64_t start = 0; start < settings.starts; ++start) {
        auto found = TRY(find_clusters({matrix.values, matrix.row_count * columns}, columns,
                                       {.clusters = static_cast<size_t>(settings.clusters),
                                        .max_iter = settings.max_iter,
                                        .starts = 1,
                                        .seed = input.seed + static_cast<uint64_t>(start),
                                        .watch = input.watch}));
        if (start == 0 || found.inertia < best.inertia) best = std::move(found);
        if (input.watch.progress) input.watch.progress(start + 1, settings.starts);
    }
    Fitted fitted;
    fitted.iterations = best.iterations;
    fitted.importance.assign(columns, 0);
    fitted.link = score::Link::softmax;
    for (int64_t k = 1; k <= settings.clusters; ++k) fitted.classes.push_back(std::to_string(k));
    const double variance = best.inertia / static_cast<double>(matrix.row_count * columns);
    fitted.model =
        score::pack(score::Centers{std::move(best.centers), std::clamp(variance, 1e-300, 1e300)});
    return fitted;
}

QUERN_REGISTER(Learner)
({.name = "k_means",
  .summary = "Clusters: each row belongs to the nearest of some centers; needs `task: cluster`. "
             "Clusters are numbered from the largest on.",
  .source = "quern's own Lloyd's steps from k-means++ seeds; as scikit-learn's KMeans",
  .example = "algorithm: {k_means: {clusters: 4}}",
  .taste = Taste::dense,
  .is_for_cluster = true,
  .counts_rows = true,
  .params = KMeans::params(),
  .check_settings = [](const Tree& tree) { return parse_params<KMeans>(tree, "k_means").status(); },
  .fit = fit_k_means});

}  // namespace
}  // namespace quern::train
