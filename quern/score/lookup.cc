#include "quern/score/lookup.h"

#include <algorithm>
#include <limits>

#include "quern/base/text.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

Status unfit(const Lookup& lookup, const std::string& what) {
    return failed_precondition("the table of look-up '" + lookup.name + "' " + what)
        .hint("bring its snapshot up to date: quern run");
}

Status check_keys(const Lookup& lookup, std::span<const Input> inputs, const LookupFacts& facts) {
    bool fits = lookup.keys.size() == facts.keys.size();
    for (size_t i = 0; fits && i < facts.keys.size(); ++i) {
        fits = lower_ascii(lookup.keys[i].column) == lower_ascii(facts.keys[i].name) &&
               are_key_types(inputs[lookup.keys[i].input].type, facts.keys[i].type);
    }
    if (!fits) return unfit(lookup, "has other keys");
    if (lookup.time.has_value() != facts.has_time) {
        return unfit(lookup, facts.has_time ? "has a time" : "has no time");
    }
    return {};
}

Result<std::vector<size_t>> find_columns(const Lookup& lookup, std::span<const Input> inputs,
                                         const LookupFacts& facts) {
    std::vector<size_t> columns;
    for (const auto& part : lookup.columns) {
        const int column = frame::column_index(facts.columns, part.column);
        if (column < 0) return unfit(lookup, "has no column '" + part.column + "'");
        const auto& type = facts.columns[static_cast<size_t>(column)].type;
        if (!(type == inputs[part.input].type)) {
            return unfit(lookup, "has a column '" + part.column + "' of type " + type.text() +
                                     ", not " + inputs[part.input].type.text());
        }
        columns.push_back(static_cast<size_t>(column));
    }
    return columns;
}

}  // namespace

Result<std::shared_ptr<const LookupStage>> LookupStage::make(std::span<const Input> inputs,
                                                             std::span<const Lookup> lookups,
                                                             std::vector<LookupSource> sources) {
    if (sources.size() != lookups.size()) return internal("a look-up has no table");
    std::shared_ptr<LookupStage> stage(new LookupStage);
    stage->inputs_.assign(inputs.begin(), inputs.end());
    stage->lookups_.assign(lookups.begin(), lookups.end());
    stage->sources_ = std::move(sources);
    stage->asked_count_ = inputs.size();
    for (size_t i = 0; i < lookups.size(); ++i) {
        const auto& facts = stage->sources_[i].table->facts();
        TRY(check_keys(lookups[i], inputs, facts));
        stage->columns_.push_back(TRY(find_columns(lookups[i], inputs, facts)));
        stage->asked_count_ -= lookups[i].columns.size();
    }
    return std::shared_ptr<const LookupStage>(std::move(stage));
}

LookupStage::State::State(const LookupStage& stage, size_t row_count_max)
    : columns(stage.inputs_.size()), failed(word_count(row_count_max)), rows(row_count_max) {
    for (size_t i = stage.asked_count_; i < stage.inputs_.size(); ++i) {
        const size_t size = storage_bytes(storage_of(stage.inputs_[i].type));
        values.push_back(std::make_unique<std::byte[]>(row_count_max * size));
        valid.emplace_back(word_count(row_count_max));
        columns[i] = {stage.inputs_[i].type, values.back().get(), valid.back().data(), 0};
    }
}

int64_t LookupStage::time_at(const Lookup& lookup, size_t row, const State& state) const {
    if (!lookup.time) return state.now_us;
    const auto& column = state.columns[*lookup.time];
    return column.is_valid(row) ? time_us(column, row) : state.now_us;
}

bool LookupStage::is_too_old(size_t index, uint32_t row, int64_t at_us, int64_t now_us) const {
    const auto& lookup = lookups_[index];
    if (!lookup.max_age_us) return false;
    const int64_t since =
        lookup.time ? sources_[index].table->time_of(row) : sources_[index].checked_us;
    int64_t age = 0;
    if (__builtin_sub_overflow(lookup.time ? at_us : now_us, since, &age)) return true;
    return age > *lookup.max_age_us;
}

uint32_t LookupStage::row_of(size_t index, size_t row, const State& state, bool& is_old) const {
    const auto& lookup = lookups_[index];
    LookupKey key;
    for (size_t i = 0; i < lookup.keys.size(); ++i) {
        const auto& column = state.columns[lookup.keys[i].input];
        if (!column.is_valid(row)) return kNoRow;
        if (frame::is_text(column.type))
            key.texts[i] = column.values<std::string_view>()[row];
        else
            key.words[i] = key_word(column, row);
    }
    const int64_t at = time_at(lookup, row, state);
    const uint32_t found = sources_[index].table->find(key, at);
    is_old = found != kNoRow && is_too_old(index, found, at, state.now_us);
    return is_old ? kNoRow : found;
}

void LookupStage::find(size_t index, State& state) const {
    const auto& lookup = lookups_[index];
    const LookupTable& table = *sources_[index].table;
    for (size_t row = 0; row < state.row_count; ++row) {
        bool is_old = false;
        state.rows[row] = row_of(index, row, state, is_old);
        if (state.rows[row] != kNoRow || !lookup.fails_if_missing) continue;
        state.failed[row / 64] |= uint64_t{1} << (row % 64);
    }
    for (size_t i = 0; i < lookup.columns.size(); ++i) {
        const size_t input = lookup.columns[i].input, at = input - asked_count_;
        auto& valid = state.valid[at];
        const size_t size = storage_bytes(storage_of(inputs_[input].type));
        std::fill_n(valid.begin(), word_count(state.row_count), 0);
        for (size_t row = 0; row < state.row_count; ++row) {
            if (state.rows[row] == kNoRow) continue;
            std::byte* out = state.values[at].get() + row * size;
            if (!table.value(columns_[index][i], state.rows[row], out)) continue;
            valid[row / 64] |= uint64_t{1} << (row % 64);
        }
        state.columns[input].row_count = state.row_count;
    }
}

void LookupStage::run(const frame::BatchView& asked, int64_t now_us, State& state) const {
    state.row_count = asked.row_count;
    state.now_us = now_us;
    std::copy_n(asked.columns.begin(), asked_count_, state.columns.begin());
    std::fill_n(state.failed.begin(), word_count(asked.row_count), 0);
    for (size_t i = 0; i < lookups_.size(); ++i) find(i, state);
}

Status LookupStage::row_error(size_t row, const State& state) const {
    for (size_t i = 0; i < lookups_.size(); ++i) {
        const auto& lookup = lookups_[i];
        bool is_old = false;
        if (!lookup.fails_if_missing || row_of(i, row, state, is_old) != kNoRow) continue;
        std::string key;
        for (const auto& part : lookup.keys) {
            key += (key.empty() ? "" : ", ") + part.column + " = " +
                   frame::value_text(state.columns[part.input], row);
        }
        return invalid_argument("look-up '" + lookup.name + "' has " +
                                (is_old ? "only a row that is too old" : "no row") + " for " + key);
    }
    return {};
}

}  // namespace quern::score
