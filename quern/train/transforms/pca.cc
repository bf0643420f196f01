#include "quern/train/principal_axes.h"

namespace quern::train {
namespace {

struct Pca {
    int64_t components = 2;
    bool whiten = false;

    static std::vector<Param> params() {
        return {param("components", &Pca::components, "Columns that come out.").in(1, 500),
                param("whiten", &Pca::whiten, "Each with a variance of 1.")};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Pca>(input.settings, "pca"));
    return fit_axes(input, {.component_count = settings.components, .whitens = settings.whiten});
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "pca",
    .summary = "The directions of most variance. It does not scale: put standard_scale inside.",
    .reference = "scikit-learn's PCA(svd_solver='full')",
    .example = "pca(standard_scale(width, height, depth), components := 2)",
    .takes = Takes::numbers,
    .params = Pca::params(),
    .check_settings = check_params<Pca>,
    .fit = fit,
});

}  // namespace quern::train
