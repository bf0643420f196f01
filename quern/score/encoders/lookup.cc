#include "quern/score/encoders/categories.h"
#include "quern/score/encoders/read.h"
#include "quern/score/learned.h"

namespace quern::score {
namespace {

struct Lookup {
    Categories categories;
    size_t width = 1;
    std::vector<double> values;  // [category][column], then of unseen, then of missing
};

void apply_lookup(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Lookup& lookup = *static_cast<const Lookup*>(prepared);
    lookup.categories.for_each(feature, row_count, [&](size_t row, size_t position, bool missing) {
        const double* from = &lookup.values[(position + (missing ? 1 : 0)) * lookup.width];
        std::copy_n(from, lookup.width, to.out + row * to.stride);
    });
}

Result<BoundEncoder> bind_lookup(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"categories", "columns", "values", "unseen", "missing"}));
    auto lookup = std::make_shared<Lookup>();
    TRY(read_categories(type, learned, lookup->categories));
    const auto columns = TRY(take_buffer<std::string>(learned, "columns"));
    if (columns.empty()) return corrupt("a look-up has no columns");
    lookup->width = columns.size();
    lookup->values = TRY(take_finite(learned, "values", lookup->categories.count * columns.size()));
    for (const char* name : {"unseen", "missing"}) {
        const auto values = TRY(take_finite(learned, name, columns.size()));
        lookup->values.insert(lookup->values.end(), values.begin(), values.end());
    }
    return BoundEncoder{apply_lookup, lookup, columns};
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "lookup",
    .summary = "The numbers that training found for the category.",
    .learned = "texts or int64 categories; texts columns; doubles values [category][column], "
               "unseen, missing",
    .takes = takes_category,
    .bind = bind_lookup,
});

}  // namespace quern::score
