#include "quern/train/products.h"

namespace quern::train {
namespace {

struct Interaction {
    int64_t factors = 2;

    static std::vector<Param> params() {
        return {param("factors", &Interaction::factors, "Columns that are multiplied.").in(2, 6)};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Interaction>(input.settings, "interaction"));
    if (input.column_count() < static_cast<size_t>(settings.factors)) {
        return invalid_argument("interaction of " + std::to_string(settings.factors) +
                                " factors needs as many columns, got " +
                                std::to_string(input.column_count()));
    }
    return fit_products(
        "interaction", input.column_count(),
        {.fewest = settings.factors, .most = settings.factors, .are_different = true});
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "interaction",
    .summary = "The product of each pair of the columns, without the columns themselves.",
    .reference = "the products of scikit-learn's PolynomialFeatures(interaction_only=True)",
    .example = "interaction(width, height, depth)",
    .takes = Takes::numbers,
    .params = Interaction::params(),
    .check_settings = check_params<Interaction>,
    .fit = fit,
});

}  // namespace quern::train
