// Products of columns, for the transforms that make them.
#pragma once

#include "quern/train/transform.h"

namespace quern::train {

struct ProductRule {
    int64_t fewest = 1, most = 2;  // factors of a product
    bool are_different = false;    // no powers
};
// Learns a score stage "products": by the number of factors, then in the order of the columns.
Result<FittedTransform> fit_products(std::string_view name, size_t column_count,
                                     const ProductRule& rule);

}  // namespace quern::train
