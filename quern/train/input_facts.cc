#include "quern/train/input_facts.h"

#include <algorithm>
#include <cmath>

#include "quern/score/field.h"

namespace quern::train {

InputFacts::InputFacts(const score::Program& program, const std::vector<uint32_t>& positions)
    : positions_(positions), facts_(program.inputs.size()) {}

void InputFacts::add(const frame::BatchView& batch, const std::vector<uint8_t>& is_lesson) {
    for (size_t i = 0; i < facts_.size(); ++i) {
        const auto& column = batch.columns[positions_[i]];
        for (size_t row = 0; row < batch.row_count; ++row) {
            if (!column.is_valid(row))
                facts_[i].has_null = true;
            else if (is_lesson[row] != 0)
                add_value(column, row, facts_[i]);
        }
    }
}

void InputFacts::add_value(const frame::ColumnView& column, size_t row, Facts& facts) {
    if (column.type.id == frame::TypeId::varchar) {
        if (facts.has_too_many) return;
        const auto text = column.values<std::string_view>()[row];
        const auto found = facts.categories.find(text);
        if (found == facts.categories.end())
            facts.categories.emplace(text, 1);
        else
            ++found->second;
        if (facts.categories.size() <= score::kInputCategoriesMax) return;
        facts.has_too_many = true;
        facts.categories.clear();
        return;
    }
    const double value = frame::value_as_double(column, row);
    if (!std::isfinite(value)) return;
    facts.low = facts.has_range ? std::min(facts.low, value) : value;
    facts.high = facts.has_range ? std::max(facts.high, value) : value;
    facts.has_range = true;
    add_number(value, facts);
}

void InputFacts::add_number(double value, Facts& facts) {
    if (facts.seen++ % facts.stride != 0) return;
    if (facts.sample.size() == kSampleMax) {
        for (size_t i = 0; i < kSampleMax / 2; ++i) facts.sample[i] = facts.sample[i * 2];
        facts.sample.resize(kSampleMax / 2);
        facts.stride *= 2;
    }
    facts.sample.push_back(value);
}

// The most frequent text, of equals the first in order; or the median: a number that was seen.
std::string InputFacts::typical_of(const Facts& facts, const score::Input& input) {
    const auto rows = [&](const std::string& text) { return facts.categories.find(text)->second; };
    if (!input.categories.empty()) return *std::ranges::max_element(input.categories, {}, rows);
    if (facts.sample.empty()) return "";
    auto sample = facts.sample;
    const auto middle = sample.begin() + static_cast<std::ptrdiff_t>((sample.size() - 1) / 2);
    std::ranges::nth_element(sample, middle);
    alignas(16) std::byte bits[16] = {};
    if (score::store_double(input.type, *middle, bits) != score::FieldFault::none) return "";
    return frame::value_text({input.type, bits, nullptr, 1}, 0);
}

void InputFacts::put(score::Program& program) const {
    for (size_t i = 0; i < facts_.size(); ++i) {
        auto& input = program.inputs[i];
        input.is_nullable = facts_[i].has_null;
        if (facts_[i].has_range) {
            input.low = facts_[i].low;
            input.high = facts_[i].high;
        }
        input.categories.clear();
        for (const auto& [text, rows] : facts_[i].categories) input.categories.push_back(text);
        std::ranges::sort(input.categories);
        const std::string typical = typical_of(facts_[i], input);
        if (!typical.empty())
            program.metadata[std::string(score::kTypicalKey) + input.name] = typical;
    }
}

}  // namespace quern::train
