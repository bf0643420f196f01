#include "quern/train/principal_axes.h"

namespace quern::train {
namespace {

struct Svd {
    int64_t components = 2;

    static std::vector<Param> params() {
        return {param("components", &Svd::components, "Columns that come out.").in(1, 500)};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Svd>(input.settings, "svd"));
    return fit_axes(input, {.component_count = settings.components, .takes_off_mean = false});
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "svd",
    .summary = "Truncated SVD: like pca, without taking off the mean; of tfidf it is latent "
               "semantic analysis.",
    .reference = "scikit-learn's TruncatedSVD(algorithm='arpack')",
    .example = "svd(tfidf(review, max_features := 300), components := 20)",
    .takes = Takes::numbers,
    .params = Svd::params(),
    .check_settings = check_params<Svd>,
    .fit = fit,
});

}  // namespace quern::train
