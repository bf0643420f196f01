// Encoders of categories: a code, or one column each.
#include "quern/score/encoders/categories.h"

#include <algorithm>

#include "quern/score/encoders/read.h"
#include "quern/score/learned.h"

namespace quern::score {

bool takes_category(const frame::Type& type) {
    return type.id == frame::TypeId::varchar || type.id == frame::TypeId::boolean ||
           frame::is_integer(type);
}

Status read_categories(const frame::Type& type, const Buffers& learned, Categories& out) {
    out.type = type;
    bool is_unique = false;
    if (type.id == frame::TypeId::varchar) {
        out.names = TRY(take_buffer<std::string>(learned, "categories"));
        is_unique = out.texts.fill(out.names);
    } else {
        auto values = TRY(take_buffer<int64_t>(learned, "categories"));
        for (int64_t value : values)
            out.names.push_back(type.id == frame::TypeId::boolean ? (value ? "true" : "false")
                                                                  : std::to_string(value));
        is_unique = out.integers.fill(std::move(values));
    }
    out.count = out.names.size();
    if (!is_unique) return corrupt("a category comes twice");
    if (out.count > kCategoriesMax) return corrupt("too many categories");
    return {};
}

namespace {

struct Coded {
    Categories categories;
    double unseen = -1, missing = kMissing;
};

void apply_category(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const Coded& coded = *static_cast<const Coded*>(prepared);
    coded.categories.for_each(feature, row_count, [&](size_t row, size_t position, bool missing) {
        double code = missing                              ? coded.missing
                      : position == coded.categories.count ? coded.unseen
                                                           : static_cast<double>(position);
        to.out[row * to.stride] = code;
    });
}

Result<BoundEncoder> bind_category(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"categories", "unseen", "missing"}));
    auto coded = std::make_shared<Coded>();
    TRY(read_categories(type, learned, coded->categories));
    coded->unseen = TRY(take_value<double>(learned, "unseen", -1));
    coded->missing = TRY(take_value<double>(learned, "missing", kMissing));
    return BoundEncoder{apply_category, coded, {""}};
}

struct OneHot {
    Categories categories;
    bool has_unseen = false, has_missing = false;
    size_t missing_as = SIZE_MAX;  // the category that a missing value counts as
    size_t column_count = 0;
};

void apply_one_hot(const void* prepared, const Vector& feature, size_t row_count, MatrixSlice to) {
    const OneHot& one_hot = *static_cast<const OneHot*>(prepared);
    size_t count = one_hot.categories.count;
    one_hot.categories.for_each(feature, row_count, [&](size_t row, size_t position, bool missing) {
        double* out = to.out + row * to.stride;
        std::fill_n(out, one_hot.column_count, 0.0);
        if (position < count)
            out[position] = 1;
        else if (missing && one_hot.missing_as < count)
            out[one_hot.missing_as] = 1;
        else if (missing && one_hot.has_missing)
            out[count + one_hot.has_unseen] = 1;
        else if (!missing && one_hot.has_unseen)
            out[count] = 1;
    });
}

Result<BoundEncoder> bind_one_hot(const frame::Type& type, const Buffers& learned) {
    TRY(check_names(learned, {"categories", "unseen", "missing", "missing_as"}));
    auto one_hot = std::make_shared<OneHot>();
    TRY(read_categories(type, learned, one_hot->categories));
    one_hot->has_unseen = TRY(take_value<uint8_t>(learned, "unseen", 0)) != 0;
    one_hot->has_missing = TRY(take_value<uint8_t>(learned, "missing", 0)) != 0;
    if (learned.contains("missing_as")) {
        one_hot->missing_as = TRY(take_value<uint32_t>(learned, "missing_as", 0));
        if (one_hot->missing_as >= one_hot->categories.count || one_hot->has_missing)
            return corrupt("a missing value counts as no category");
    }
    BoundEncoder encoder{apply_one_hot, one_hot, {}};
    for (const std::string& name : one_hot->categories.names) encoder.columns.push_back("=" + name);
    if (one_hot->has_unseen) encoder.columns.push_back("=(other)");
    if (one_hot->has_missing) encoder.columns.push_back("=(missing)");
    one_hot->column_count = encoder.columns.size();
    return encoder;
}

}  // namespace

QUERN_REGISTER(Encoder)({
    .name = "category",
    .summary = "The position of the category in the list that training saw.",
    .learned = "texts or int64 categories; doubles [unseen], [missing]",
    .takes = takes_category,
    .bind = bind_category,
});

QUERN_REGISTER(Encoder)({
    .name = "one_hot",
    .summary = "A column of 0 and 1 for each category that training saw.",
    .learned = "texts or int64 categories; uint8 [unseen], [missing]; uint32 [missing_as]",
    .takes = takes_category,
    .bind = bind_one_hot,
});

}  // namespace quern::score
