// What the training rows say about one feature: enough to choose and fit its encoder.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "quern/frame/batch.h"

namespace quern::train {

constexpr size_t kCategoriesCounted = 20'000;  // beyond, a text has too many to be one feature

struct FeatureFacts {
    frame::Type type;
    size_t valid_count = 0, missing_count = 0, infinite_count = 0;
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    double mean = 0, squares = 0;  // of the finite values; squares: sum of squared distances
    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    std::unordered_map<std::string, size_t, TextHash, std::equal_to<>> texts;
    bool has_too_many_texts = false;

    size_t row_count() const { return valid_count + missing_count; }
    double deviation() const;
    // Sorted; those with at least `count_min` rows, the most frequent `kept_max` of them.
    std::vector<std::string> categories(size_t count_min, size_t kept_max) const;

    void add(const frame::ColumnView& column, size_t row);

private:
    void add_text(std::string_view text);
    void add_number(double value);
};

}  // namespace quern::train
