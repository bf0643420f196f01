#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/artifact_fields.h"
#include "quern/score/container.h"
#include "quern/score/lookup_file.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

json columns_json(const frame::Schema& columns) {
    json list = json::array();
    for (const auto& column : columns)
        list.push_back({{"name", column.name}, {"type", to_json(column.type)}});
    return list;
}

// Texts one after the other, or values of one size.
struct Values {
    size_t size = 0;  // of a value; 0: text
    std::vector<std::byte> bytes;
    std::vector<int64_t> ends;

    void add(const void* value) {
        if (size > 0) return append(value, size);
        const auto& text = *static_cast<const std::string_view*>(value);
        append(text.data(), text.size());
        ends.push_back(std::ssize(bytes));
    }
    void drop_last() {
        if (size > 0) return bytes.resize(bytes.size() - size);
        ends.pop_back();
        bytes.resize(ends.empty() ? 0 : static_cast<size_t>(ends.back()));
    }
    std::string_view text(size_t i) const {
        const auto begin = static_cast<size_t>(i == 0 ? 0 : ends[i - 1]);
        return {reinterpret_cast<const char*>(bytes.data()) + begin,
                static_cast<size_t>(ends[i]) - begin};
    }

private:
    void append(const void* from, size_t count) {
        const auto* first = static_cast<const std::byte*>(from);
        bytes.insert(bytes.end(), first, first + count);
    }
};

struct KeyPart {
    bool is_text = false;
    std::vector<int64_t> words;
    Values texts;
};

struct Column {
    Values values;
    std::vector<uint8_t> valid;
};

void put(Container& container, const std::string& name, const Values& values) {
    const auto bytes = std::as_bytes(std::span(values.bytes));
    if (values.size > 0) {
        container.tensors[name] = {"U8", bytes};
        return;
    }
    container.tensors[name + ":bytes"] = {"U8", bytes};
    container.tensors[name + ":ends"] = {"I64", std::as_bytes(std::span(values.ends))};
}

}  // namespace

struct LookupBuilder::State {
    LookupFacts facts;
    std::vector<KeyPart> keys;
    std::vector<Column> columns;
    std::vector<uint32_t> starts;
    std::vector<int64_t> times, knowns;
    size_t replaced_count = 0;

    bool is_last_key(const frame::BatchView& batch, size_t row) const;
    void add_key(const frame::BatchView& batch, size_t row);
    Status add_row(const frame::BatchView& batch, size_t row);
    void drop_last_row();
    LookupKey key(size_t group) const;
    std::vector<int64_t> slots() const;
    std::string header() const;
};

bool LookupBuilder::State::is_last_key(const frame::BatchView& batch, size_t row) const {
    if (facts.key_count == 0) return false;
    for (size_t i = 0; i < keys.size(); ++i) {
        const auto& column = batch.columns[i];
        if (keys[i].is_text) {
            const auto text = column.values<std::string_view>()[row];
            if (keys[i].texts.text(facts.key_count - 1) != text) return false;
        } else if (keys[i].words.back() != key_word(column, row)) {
            return false;
        }
    }
    return true;
}

void LookupBuilder::State::add_key(const frame::BatchView& batch, size_t row) {
    for (size_t i = 0; i < keys.size(); ++i) {
        const auto& column = batch.columns[i];
        if (keys[i].is_text)
            keys[i].texts.add(&column.values<std::string_view>()[row]);
        else
            keys[i].words.push_back(key_word(column, row));
    }
    if (facts.has_time) starts.push_back(static_cast<uint32_t>(facts.row_count));
    ++facts.key_count;
}

void LookupBuilder::State::drop_last_row() {
    for (auto& column : columns) {
        column.values.drop_last();
        column.valid.pop_back();
    }
    times.pop_back();
    if (facts.has_known) knowns.pop_back();
    --facts.row_count;
    ++replaced_count;
}

Status LookupBuilder::State::add_row(const frame::BatchView& batch, size_t row) {
    size_t next = keys.size();
    const int64_t time = facts.has_time ? time_us(batch.columns[next++], row) : 0;
    const int64_t known = facts.has_known ? time_us(batch.columns[next++], row) : 0;
    if (!is_last_key(batch, row)) {
        add_key(batch, row);
    } else if (!facts.has_time) {
        std::string shown;
        for (size_t i = 0; i < keys.size(); ++i) {
            shown += (shown.empty() ? "" : ", ") + facts.keys[i].name + " = " +
                     frame::value_text(batch.columns[i], row);
        }
        return invalid_argument("'" + facts.table + "' has more than one row of " + shown);
    } else if (times.back() == time && (!facts.has_known || knowns.back() == known)) {
        drop_last_row();
    }
    if (facts.row_count + 1 >= kLookupRowsMax) {
        return resource_exhausted("'" + facts.table + "' has more than " +
                                  with_thousands(int64_t{kLookupRowsMax}) + " rows");
    }
    if (facts.has_time) times.push_back(time);
    if (facts.has_known) knowns.push_back(known);
    constexpr std::array<std::byte, 16> kZero{};
    constexpr std::string_view kNone;
    for (auto& column : columns) {
        const auto& from = batch.columns[next++];
        const bool is_valid = from.is_valid(row);
        column.valid.push_back(is_valid ? 1 : 0);
        const size_t size = column.values.size;
        const void* none = size > 0 ? static_cast<const void*>(kZero.data()) : &kNone;
        const size_t step = size > 0 ? size : sizeof(std::string_view);
        column.values.add(is_valid ? from.values<std::byte>() + row * step : none);
    }
    ++facts.row_count;
    return {};
}

LookupKey LookupBuilder::State::key(size_t group) const {
    LookupKey key;
    for (size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].is_text)
            key.texts[i] = keys[i].texts.text(group);
        else
            key.words[i] = keys[i].words[group];
    }
    return key;
}

std::vector<int64_t> LookupBuilder::State::slots() const {
    std::vector<uint8_t> is_text;
    for (const auto& part : keys) is_text.push_back(part.is_text ? 1 : 0);
    std::vector<int64_t> slots(slot_count(facts.key_count));
    const size_t mask = slots.size() - 1;
    for (size_t group = 0; group < facts.key_count; ++group) {
        const uint64_t hash = hash_key(key(group), is_text);
        size_t at = hash & mask;
        while (slots[at] != 0) at = (at + 1) & mask;
        slots[at] = slot_of(hash, static_cast<uint32_t>(group));
    }
    return slots;
}

std::string LookupBuilder::State::header() const {
    return json{{"table", facts.table},
                {"keys", columns_json(facts.keys)},
                {"columns", columns_json(facts.columns)},
                {"has_time", facts.has_time},
                {"has_known", facts.has_known},
                {"key_count", facts.key_count},
                {"row_count", facts.row_count}}
        .dump();
}

LookupBuilder::LookupBuilder(LookupFacts facts) : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.facts = std::move(facts);
    state.facts.key_count = state.facts.row_count = 0;
    for (const auto& key : state.facts.keys)
        state.keys.push_back({.is_text = frame::is_text(key.type), .words = {}, .texts = {}});
    for (const auto& column : state.facts.columns) {
        const bool is_text = frame::is_text(column.type);
        state.columns.emplace_back().values.size =
            is_text ? 0 : storage_bytes(storage_of(column.type));
    }
}
LookupBuilder::~LookupBuilder() = default;

Status LookupBuilder::add(const frame::BatchView& batch) {
    for (size_t row = 0; row < batch.row_count; ++row) TRY(state_->add_row(batch, row));
    return {};
}

size_t LookupBuilder::replaced_count() const { return state_->replaced_count; }
LookupFacts LookupBuilder::facts() const { return state_->facts; }

Result<std::string> LookupBuilder::finish() {
    State& state = *state_;
    const auto slots = state.slots();
    Container container;
    container.metadata["format"] = kLookupFormat;
    container.metadata["version"] = std::to_string(kLookupVersion);
    container.metadata["lookup"] = state.header();
    const auto put_all = [&](const char* name, const char* dtype, const auto& values) {
        container.tensors[name] = {dtype, std::as_bytes(std::span(values))};
    };
    put_all("slots", "I64", slots);
    if (state.facts.has_time) {
        state.starts.push_back(static_cast<uint32_t>(state.facts.row_count));
        put_all("starts", "U32", state.starts);
        put_all("time", "I64", state.times);
    }
    if (state.facts.has_known) put_all("known", "I64", state.knowns);
    for (size_t i = 0; i < state.keys.size(); ++i) {
        const std::string name = "key." + std::to_string(i);
        if (state.keys[i].is_text)
            put(container, name, state.keys[i].texts);
        else
            put_all(name.c_str(), "I64", state.keys[i].words);
    }
    for (size_t i = 0; i < state.columns.size(); ++i) {
        const std::string name = "column." + std::to_string(i);
        put(container, name, state.columns[i].values);
        const auto& valid = state.columns[i].valid;
        if (std::ranges::find(valid, 0) != valid.end())
            put_all((name + ":valid").c_str(), "U8", valid);
    }
    return write_container(std::move(container));
}

}  // namespace quern::score
