#include "quern/train/transform.h"

namespace quern::train {
namespace {

constexpr size_t kProductsMax = 100'000;

struct Polynomial {
    int64_t degree = 2;
    bool only_products = false;

    static std::vector<Param> params() {
        return {param("degree", &Polynomial::degree, "Most factors of a product.").in(1, 6),
                param("only_products", &Polynomial::only_products,
                      "Of different columns only: no powers.")};
    }
};

// All products of `left` more factors from column `first` on.
void add_products(std::vector<uint32_t>& product, uint32_t first, uint32_t column_count,
                  size_t left, bool are_different, std::vector<std::vector<uint32_t>>& out) {
    if (left == 0) {
        out.push_back(product);
        return;
    }
    for (uint32_t column = first; column < column_count && out.size() <= kProductsMax; ++column) {
        product.push_back(column);
        add_products(product, column + (are_different ? 1 : 0), column_count, left - 1,
                     are_different, out);
        product.pop_back();
    }
}

Result<FittedTransform> fit(const TransformInput& input) {
    const auto settings = TRY(parse_params<Polynomial>(input.settings, "polynomial"));
    std::vector<std::vector<uint32_t>> products;
    std::vector<uint32_t> product;
    for (int64_t size = 1; size <= settings.degree; ++size)
        add_products(product, 0, static_cast<uint32_t>(input.column_count()),
                     static_cast<size_t>(size), settings.only_products, products);
    if (products.size() > kProductsMax) {
        return resource_exhausted("polynomial of " + std::to_string(input.column_count()) +
                                  " columns has more than " + std::to_string(kProductsMax) +
                                  " products")
            .hint("give it fewer columns or a smaller degree");
    }
    std::vector<uint32_t> factors, sizes;
    for (const auto& one : products) {
        factors.insert(factors.end(), one.begin(), one.end());
        sizes.push_back(static_cast<uint32_t>(one.size()));
    }
    return FittedTransform{"products", {{"factors", factors}, {"sizes", sizes}}};
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
