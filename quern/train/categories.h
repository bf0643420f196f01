// The categories of a feature in the rows that teach: what encoders of categories learn from.
#pragma once

#include "quern/train/transform.h"

namespace quern::train {

struct Categories {
    bool is_text = true;
    // Sorted as texts, or as integers and booleans (false, true).
    std::vector<std::string> texts;
    std::vector<int64_t> integers;
    std::vector<size_t> counts;  // rows of each
    std::vector<int32_t> codes;  // of input.rows: the position, or kMissing
    size_t missing_count = 0;

    static constexpr int32_t kMissing = -1;
    size_t count() const { return counts.size(); }
    size_t most_frequent() const;  // of equals the first; there must be one
    std::string name(size_t index) const;
    // Those for which is_kept is not 0, as the scorer's encoders read them.
    score::Buffer buffer(const std::vector<uint8_t>& is_kept) const;
    score::Buffer buffer() const { return buffer(std::vector<uint8_t>(count(), 1)); }
};

// What `missing := ` says of one_hot and ordinal_encode.
template <class P>
Param missing_param(std::string P::* field) {
    return param("missing", field, "As what a missing value counts: its own, or the most frequent.")
        .one_of({"own", "mode"});
}

// At most kCategoryValuesMax different ones.
constexpr size_t kCategoryValuesMax = 500'000;
Result<Categories> read_categories(const TransformInput& input);

}  // namespace quern::train
