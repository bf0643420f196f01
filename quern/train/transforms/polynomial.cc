#include "quern/train/products.h"

namespace quern::train {
namespace {

struct Polynomial {
    int64_t degree = 2;
    bool only_products = false;

    static std::vector<Param> params() {
        return {param("degree", &Polynomial::degree, "Most factors of a product.").in(1, 6),
                param("only_products", &Polynomial::only_products,
                      "Of different columns only: no powers.")};
    }
};

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Polynomial>(input.settings, "polynomial"));
    return fit_products("polynomial", input.column_count(),
                        {.most = settings.degree, .are_different = settings.only_products});
}

}  // namespace

QUERN_REGISTER(Transform)({
    .name = "polynomial",
    .summary = "The columns, their powers and their products, up to a degree.",
    .reference = "scikit-learn's PolynomialFeatures(include_bias=False)",
    .example = "polynomial(width, height, degree := 2)",
    .takes = Takes::numbers,
    .params = Polynomial::params(),
    .check_settings = check_params<Polynomial>,
    .fit = fit,
});

}  // namespace quern::train
