#include "quern/score/lookup_table.h"

#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/artifact.h"
#include "quern/score/artifact_fields.h"
#include "quern/score/container.h"
#include "quern/score/lookup_file.h"
#include "quern/score/mapped_file.h"
#include "quern/score/storage.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

Status bad(std::string what) { return corrupt("look-up table: " + std::move(what)); }

struct Texts {
    const char* bytes = nullptr;
    const int64_t* ends = nullptr;

    std::string_view at(size_t i) const {
        const int64_t begin = i == 0 ? 0 : ends[i - 1];
        return {bytes + begin, static_cast<size_t>(ends[i] - begin)};
    }
};

struct KeyPart {
    const int64_t* words = nullptr;
    Texts texts;
};

struct Column {
    size_t size = 0;  // of a value; 0: text
    const std::byte* values = nullptr;
    Texts texts;
    const uint8_t* valid = nullptr;  // null: no value is NULL
};

// Takes the tensors of a container one by one, each of the size that it must have.
class Tensors {
public:
    explicit Tensors(Container& container) : tensors_(container.tensors) {}

    template <class T>
    Status take(const std::string& name, const char* dtype, size_t count, const T*& out) {
        const auto found = tensors_.find(name);
        if (found == tensors_.end() || found->second.dtype != dtype ||
            found->second.bytes.size() != count * sizeof(T))
            return bad("'" + name + "' is not whole");
        out = reinterpret_cast<const T*>(found->second.bytes.data());
        tensors_.erase(found);
        return {};
    }
    Status take_texts(const std::string& name, size_t count, Texts& out) {
        TRY(take(name + ":ends", "I64", count, out.ends));
        const auto bytes = tensors_.find(name + ":bytes");
        if (bytes == tensors_.end()) return bad("'" + name + "' has no texts");
        const int64_t size = std::ssize(bytes->second.bytes);
        TRY(take(name + ":bytes", "U8", static_cast<size_t>(size), out.bytes));
        if ((count == 0 ? 0 : out.ends[count - 1]) != size) return bad("a text is out of place");
        int64_t begin = 0;
        for (size_t i = 0; i < count; ++i) {
            if (out.ends[i] < begin || out.ends[i] > size) return bad("a text is out of place");
            begin = out.ends[i];
        }
        return {};
    }
    bool has(const std::string& name) const { return tensors_.contains(name); }
    bool are_all_taken() const { return tensors_.empty(); }

private:
    std::map<std::string, Tensor>& tensors_;
};

Status read_columns(const json& from, const char* key, size_t size_max, frame::Schema& out) {
    const json* list = TRY(read_list(from, key, size_max));
    for (const json& item : *list) {
        auto& column = out.emplace_back();
        TRY(read(item, "name", column.name));
        TRY(from_json(item.value("type", json()), column.type));
        TRY(verify_type(column.type));
        if (column.name.empty() || !is_utf8(column.name)) return bad("a column has no name");
    }
    return {};
}

Result<LookupFacts> read_facts(const std::string& text) {
    const json from = json::parse(text, nullptr, false);
    if (!from.is_object()) return bad("it is not JSON");
    LookupFacts facts;
    uint32_t key_count = 0, row_count = 0;
    TRY(read(from, "table", facts.table));
    TRY(read(from, "has_time", facts.has_time));
    TRY(read(from, "has_known", facts.has_known));
    TRY(read(from, "key_count", key_count));
    TRY(read(from, "row_count", row_count));
    TRY(read_columns(from, "keys", kLookupKeysMax, facts.keys));
    TRY(read_columns(from, "columns", kLookupColumnsMax, facts.columns));
    facts.key_count = key_count;
    facts.row_count = row_count;
    const bool are_keys =
        std::ranges::all_of(facts.keys, [](const auto& key) { return is_key_type(key.type); });
    if (facts.keys.empty() || !are_keys) return bad("it has no keys");
    if (row_count >= kLookupRowsMax || key_count > row_count) return bad("it has too many rows");
    if (facts.has_known && !facts.has_time) return bad("it has a known time only");
    return facts;
}

}  // namespace

struct LookupTable::State {
    std::optional<MappedFile> file;
    LookupFacts facts;
    std::vector<uint8_t> is_text;  // by part of the key
    const int64_t* slots = nullptr;
    size_t slot_mask = 0;
    std::vector<KeyPart> keys;
    const uint32_t* starts = nullptr;
    const int64_t *time = nullptr, *known = nullptr;
    std::vector<Column> columns;
    std::optional<int64_t> newest_us;

    Status take(Tensors& tensors);
    Status check_slots() const;
    Status check_rows();
    Status check_column(size_t index) const;
    bool is_key(uint32_t group, const LookupKey& key) const;
};

Status LookupTable::State::take(Tensors& tensors) {
    const size_t slot_total = slot_count(facts.key_count);
    slot_mask = slot_total - 1;
    TRY(tensors.take("slots", "I64", slot_total, slots));
    if (facts.has_time) {
        TRY(tensors.take("starts", "U32", facts.key_count + 1, starts));
        TRY(tensors.take("time", "I64", facts.row_count, time));
    }
    if (facts.has_known) TRY(tensors.take("known", "I64", facts.row_count, known));
    for (size_t i = 0; i < facts.keys.size(); ++i) {
        const std::string name = "key." + std::to_string(i);
        KeyPart& part = keys.emplace_back();
        is_text.push_back(frame::is_text(facts.keys[i].type) ? 1 : 0);
        TRY(is_text[i] != 0 ? tensors.take_texts(name, facts.key_count, part.texts)
                            : tensors.take(name, "I64", facts.key_count, part.words));
    }
    for (size_t i = 0; i < facts.columns.size(); ++i) {
        const std::string name = "column." + std::to_string(i);
        Column& column = columns.emplace_back();
        const Storage storage = storage_of(facts.columns[i].type);
        if (tensors.has(name + ":valid"))
            TRY(tensors.take(name + ":valid", "U8", facts.row_count, column.valid));
        if (storage == Storage::text) {
            TRY(tensors.take_texts(name, facts.row_count, column.texts));
            continue;
        }
        column.size = storage_bytes(storage);
        const auto found = facts.row_count * column.size;
        TRY(tensors.take(name, "U8", found, column.values));
    }
    return tensors.are_all_taken() ? Status() : bad("a buffer belongs to nothing");
}

Status LookupTable::State::check_slots() const {
    size_t taken = 0;
    for (size_t i = 0; i <= slot_mask; ++i) {
        const auto group = static_cast<uint32_t>(slots[i]);
        if (slots[i] == 0) continue;
        if (group == 0 || group > facts.key_count) return bad("a key is out of place");
        ++taken;
    }
    return taken == facts.key_count ? Status() : bad("a key is out of place");
}

Status LookupTable::State::check_rows() {
    if (!facts.has_time) {
        return facts.key_count == facts.row_count ? Status() : bad("a key has no row");
    }
    if (starts[0] != 0 || starts[facts.key_count] != facts.row_count)
        return bad("a row is out of place");
    for (size_t group = 0; group < facts.key_count; ++group) {
        if (starts[group] >= starts[group + 1] || starts[group + 1] > facts.row_count)
            return bad("a row is out of place");
        for (uint32_t row = starts[group] + 1; row < starts[group + 1]; ++row) {
            const bool is_later =
                time[row - 1] < time[row] ||
                (time[row - 1] == time[row] && facts.has_known && known[row - 1] < known[row]);
            if (!is_later) return bad("times are not in order");
        }
        const int64_t last = time[starts[group + 1] - 1];
        newest_us = std::max(newest_us.value_or(last), last);
    }
    return {};
}

Status LookupTable::State::check_column(size_t index) const {
    const Column& column = columns[index];
    const frame::Type& type = facts.columns[index].type;
    for (size_t row = 0; row < facts.row_count; ++row) {
        if (column.valid != nullptr && column.valid[row] > 1)
            return bad("a value is neither there nor NULL");
        if (column.size > 0) continue;
        if (type.id != frame::TypeId::blob && !is_utf8(column.texts.at(row)))
            return bad("a text is not UTF-8");
    }
    const bool has_limits = type.id == frame::TypeId::boolean || type.id == frame::TypeId::decimal;
    for (size_t row = 0; has_limits && row < facts.row_count; ++row) {
        Constant value{type, false, {}, {}};
        std::memcpy(value.bits.data(), column.values + row * column.size, column.size);
        TRY(verify_constant(value));
    }
    return {};
}

bool LookupTable::State::is_key(uint32_t group, const LookupKey& key) const {
    for (size_t i = 0; i < keys.size(); ++i) {
        const bool is_equal = is_text[i] != 0 ? keys[i].texts.at(group) == key.texts[i]
                                              : keys[i].words[group] == key.words[i];
        if (!is_equal) return false;
    }
    return true;
}

LookupTable::LookupTable(std::unique_ptr<State> state) : state_(std::move(state)) {}
LookupTable::~LookupTable() = default;

Result<std::shared_ptr<const LookupTable>> LookupTable::read(std::span<const std::byte> bytes) {
    Container container = TRY(read_container(bytes));
    auto& metadata = container.metadata;
    if (metadata["format"] != kLookupFormat) return bad("not a quern look-up table");
    if (metadata["version"] != std::to_string(kLookupVersion))
        return unimplemented("this look-up table has format version " + metadata["version"]);
    auto state = std::make_unique<State>();
    state->facts = TRY(read_facts(metadata["lookup"]));
    Tensors tensors(container);
    TRY(state->take(tensors));
    TRY(state->check_slots());
    TRY(state->check_rows());
    for (size_t i = 0; i < state->columns.size(); ++i) TRY(state->check_column(i));
    return std::shared_ptr<const LookupTable>(new LookupTable(std::move(state)));
}

Result<std::shared_ptr<const LookupTable>> LookupTable::open(const std::string& path) {
    auto file = MappedFile::open(path, kArtifactBytesMax);
    if (!file.ok()) return std::move(file).status().at(path);
    auto table = read((*file).bytes());
    if (!table.ok()) return std::move(table).status().at(path).hint("make it again: quern run");
    (*table)->state_->file.emplace(std::move(*file));
    return table;
}

const LookupFacts& LookupTable::facts() const { return state_->facts; }
int64_t LookupTable::time_of(uint32_t row) const { return state_->time[row]; }
std::optional<int64_t> LookupTable::newest_us() const { return state_->newest_us; }

uint32_t LookupTable::find(const LookupKey& key, int64_t at_us) const {
    const State& state = *state_;
    const uint64_t hash = hash_key(key, state.is_text);
    const auto upper = static_cast<uint32_t>(hash >> 32);
    size_t at = hash & state.slot_mask;
    uint32_t group = kNoRow;
    for (; state.slots[at] != 0; at = (at + 1) & state.slot_mask) {
        const auto slot = static_cast<uint64_t>(state.slots[at]);
        if (slot >> 32 != upper) continue;
        const auto found = static_cast<uint32_t>(slot) - 1;
        if (!state.is_key(found, key)) continue;
        group = found;
        break;
    }
    if (group == kNoRow || !state.facts.has_time) return group;
    const uint32_t first = state.starts[group];
    const int64_t* end =
        std::upper_bound(state.time + first, state.time + state.starts[group + 1], at_us);
    auto row = static_cast<uint32_t>(end - state.time);
    while (row > first && state.facts.has_known && state.known[row - 1] > at_us) --row;
    return row == first ? kNoRow : row - 1;
}

bool LookupTable::value(size_t index, uint32_t row, std::byte* out) const {
    const Column& column = state_->columns[index];
    if (column.valid != nullptr && column.valid[row] == 0) return false;
    if (column.size > 0) {
        std::memcpy(out, column.values + row * column.size, column.size);
    } else {
        const std::string_view text = column.texts.at(row);
        std::memcpy(out, &text, sizeof(text));
    }
    return true;
}

}  // namespace quern::score
