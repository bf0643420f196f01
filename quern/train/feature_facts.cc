#include "quern/train/feature_facts.h"

#include <algorithm>
#include <cmath>

namespace quern::train {
namespace {

// DuckDB's infinity of dates (in days) and timestamps (in seconds) says no more than NULL does.
bool is_endless(const frame::Type& type, double value) {
    if (type.id == frame::TypeId::date) return std::abs(value) >= 2147483647.0;
    return frame::is_temporal(type) && std::abs(value) >= 9e12;
}

}  // namespace

double FeatureFacts::deviation() const {
    const size_t finite = valid_count - infinite_count;
    return finite == 0 ? 0 : std::sqrt(squares / static_cast<double>(finite));
}

std::vector<std::string> FeatureFacts::categories(size_t count_min, size_t kept_max) const {
    std::vector<std::pair<size_t, std::string>> frequent;
    for (const auto& [text, count] : texts) {
        if (count >= count_min) frequent.emplace_back(count, text);
    }
    std::ranges::sort(frequent, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (frequent.size() > kept_max) frequent.resize(kept_max);
    std::vector<std::string> names;
    names.reserve(frequent.size());
    for (auto& [count, text] : frequent) names.push_back(std::move(text));
    std::ranges::sort(names);
    return names;
}

void FeatureFacts::add(const frame::ColumnView& column, size_t row) {
    if (!column.is_valid(row)) {
        ++missing_count;
        return;
    }
    if (type.id == frame::TypeId::varchar) {
        ++valid_count;
        add_text(column.values<std::string_view>()[row]);
        return;
    }
    const double value = frame::value_as_double(column, row);
    if (std::isnan(value) || is_endless(type, value)) {
        ++missing_count;
        return;
    }
    ++valid_count;
    add_number(value);
}

void FeatureFacts::add_text(std::string_view text) {
    if (const auto found = texts.find(text); found != texts.end()) {
        ++found->second;
    } else if (texts.size() < kCategoriesCounted) {
        texts.emplace(text, 1);
    } else {
        has_too_many_texts = true;
    }
}

void FeatureFacts::add_number(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
    if (std::isinf(value)) {
        ++infinite_count;
        return;
    }
    const double off = value - mean;  // Welford 1962
    mean += off / static_cast<double>(valid_count - infinite_count);
    squares += off * (value - mean);
}

}  // namespace quern::train
