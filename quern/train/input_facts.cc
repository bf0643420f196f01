#include "quern/train/input_facts.h"

#include <algorithm>
#include <cmath>

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
        if (!facts.categories.contains(text)) facts.categories.emplace(text);
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
}

void InputFacts::put(score::Program& program) const {
    for (size_t i = 0; i < facts_.size(); ++i) {
        auto& input = program.inputs[i];
        input.is_nullable = facts_[i].has_null;
        if (facts_[i].has_range) {
            input.low = facts_[i].low;
            input.high = facts_[i].high;
        }
        input.categories.assign(facts_[i].categories.begin(), facts_[i].categories.end());
        std::ranges::sort(input.categories);
    }
}

}  // namespace quern::train
