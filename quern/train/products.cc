#include "quern/train/products.h"

namespace quern::train {
namespace {

constexpr size_t kProductsMax = 100'000;

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

}  // namespace

Result<FittedTransform> fit_products(std::string_view name, size_t column_count,
                                     const ProductRule& rule) {
    std::vector<std::vector<uint32_t>> products;
    std::vector<uint32_t> product;
    for (int64_t size = rule.fewest; size <= rule.most; ++size)
        add_products(product, 0, static_cast<uint32_t>(column_count), static_cast<size_t>(size),
                     rule.are_different, products);
    if (products.size() > kProductsMax) {
        return resource_exhausted(std::string(name) + " of " + std::to_string(column_count) +
                                  " columns has more than " + std::to_string(kProductsMax) +
                                  " products")
            .hint("give it fewer columns or factors");
    }
    std::vector<uint32_t> factors, sizes;
    for (const auto& one : products) {
        factors.insert(factors.end(), one.begin(), one.end());
        sizes.push_back(static_cast<uint32_t>(one.size()));
    }
    return FittedTransform{"products", {{"factors", factors}, {"sizes", sizes}}};
}

}  // namespace quern::train
