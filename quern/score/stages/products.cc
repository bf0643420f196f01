#include <cmath>

#include "quern/score/learned.h"
#include "quern/score/stage.h"

namespace quern::score {
namespace {

struct Products {
    std::vector<uint32_t> factors;  // columns, of all products one after the other
    std::vector<uint32_t> sizes;    // factors of each product
};

void apply_products(const void* prepared, const StageRows& rows) {
    const Products& products = *static_cast<const Products*>(prepared);
    for_each_stage_row(rows, [&](auto in, double* out) {
        const uint32_t* factor = products.factors.data();
        for (uint32_t size : products.sizes) {
            double product = 1;
            for (uint32_t i = 0; i < size; ++i) product *= in(*factor++);
            *out++ = product;
        }
    });
}

Result<BoundStage> bind_products(std::span<const std::string> from, const Buffers& learned) {
    TRY(check_names(learned, {"factors", "sizes"}));
    auto products = std::make_shared<Products>();
    products->factors = TRY(take_buffer<uint32_t>(learned, "factors"));
    products->sizes = TRY(take_buffer<uint32_t>(learned, "sizes"));
    BoundStage stage{apply_products, products, {}};
    size_t first = 0;
    for (uint32_t size : products->sizes) {
        if (size == 0 || size > products->factors.size() - first)
            return corrupt("a product's factor is missing");
        std::string name;
        for (uint32_t i = 0; i < size; ++i) {
            const uint32_t column = products->factors[first + i];
            if (column >= from.size()) return corrupt("a factor is out of range");
            name += (i == 0 ? " " : " * ") + from[column];
        }
        stage.columns.push_back(std::move(name));
        first += size;
    }
    if (first != products->factors.size()) return corrupt("there are too many factors");
    return stage;
}

}  // namespace

QUERN_REGISTER(Stage)({
    .name = "products",
    .summary = "Products of the columns and of their powers.",
    .learned = "uint32 factors: columns, of all products one after the other; uint32 sizes",
    .bind = bind_products,
});

}  // namespace quern::score
