#include "quern/score/request.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/score/field.h"
#include "quern/score/function.h"
#include "quern/score/functions/json.h"
#include "quern/score/kernel.h"
#include "quern/score/lookup_inputs.h"

namespace quern::score {
namespace {

constexpr size_t kShownTextMax = 60;

std::string shown(const FieldValue& value) {
    using Kind = FieldValue::Kind;
    switch (value.kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return value.boolean ? "true" : "false";
        case Kind::int64:
            return std::to_string(value.int64);
        case Kind::uint64:
            return std::to_string(value.uint64);
        case Kind::float64:
            return float_text(value.float64);
        case Kind::text:
        case Kind::json:
            break;
    }
    if (value.text.size() <= kShownTextMax) return quote_literal(value.text);
    return quote_literal(value.text.substr(0, kShownTextMax)) + "...";
}

// ASCII letters without regard to case, as SQL's names.
bool is_same_name(std::string_view a, std::string_view b) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) {
               return x == y || lower(x) == lower(y);
           });
}

}  // namespace

FieldValue FieldValue::of(bool value) {
    FieldValue field;
    field.kind = Kind::boolean;
    field.boolean = value;
    return field;
}
FieldValue FieldValue::of(int64_t value) {
    FieldValue field;
    field.kind = Kind::int64;
    field.int64 = value;
    return field;
}
FieldValue FieldValue::of(uint64_t value) {
    FieldValue field;
    field.kind = Kind::uint64;
    field.uint64 = value;
    return field;
}
FieldValue FieldValue::of(double value) {
    FieldValue field;
    field.kind = Kind::float64;
    field.float64 = value;
    return field;
}
FieldValue FieldValue::of(std::string_view value) {
    FieldValue field;
    field.kind = Kind::text;
    field.text = value;
    return field;
}

FieldValue FieldValue::json(std::string_view text) {
    FieldValue field = of(text);
    field.kind = Kind::json;
    return field;
}

namespace {

// What a text input is to the program.
enum class Holds : uint8_t { text, any_json, nested };

// Nested where it is cast to a list, struct or map; JSON where nothing else than JSON is read of
// it.
std::vector<Holds> contents_of(const Program& program) {
    std::vector<Holds> contents(program.inputs.size(), Holds::text);
    std::vector<bool> is_text(program.inputs.size(), false);
    for (const Expression& call : program.expressions) {
        bool reads_json = call.function.starts_with("json_") || call.function == "->>";
        for (size_t i = 0; i < call.children.size(); ++i) {
            if (call.children[i] >= program.expressions.size()) continue;
            const Expression& argument = program.expressions[call.children[i]];
            if (argument.kind != Expression::Kind::input) continue;
            if (argument.input >= contents.size()) continue;
            if (is_nested(call.type) && call.function == "cast")
                contents[argument.input] = Holds::nested;
            else if (reads_json && i == 0)
                contents[argument.input] = std::max(contents[argument.input], Holds::any_json);
            else
                is_text[argument.input] = true;
        }
    }
    for (size_t i = 0; i < contents.size(); ++i)
        if (is_text[i]) contents[i] = Holds::text;
    return contents;
}

}  // namespace

std::vector<bool> takes_json(const Program& program) {
    std::vector<bool> takes;
    for (const Holds holds : contents_of(program)) takes.push_back(holds != Holds::text);
    return takes;
}

struct RowReader::State {
    std::span<const Input> inputs;
    ReadOptions options;
    struct Slot {
        Storage storage;
        std::unique_ptr<std::byte[]> data;
        std::vector<uint64_t> valid;
        std::optional<FieldValue> typical = {};  // lies in the program's metadata
    };
    std::vector<Slot> slots;
    std::vector<Holds> contents;      // by input
    std::vector<uint8_t> is_bounded;  // by input: inputs_bounded()
    std::vector<frame::ColumnView> views;
    // Names in order for look-ups that the order of fields does not answer.
    std::vector<uint32_t> by_name;
    std::vector<uint32_t> seen;             // by input: number of the last row that brought it
    std::vector<std::string_view> unknown;  // names of this row that the program does not have
    std::vector<FieldError> errors;
    std::vector<ImputedField> imputed;
    TextArena texts;
    size_t row_count = 0, expected = 0;
    uint32_t row_number = 0;
    bool is_row_broken = false;

    State(const Program& of, ReadOptions with)
        : inputs(of.asked()), options(with), texts(with.text_bytes_max) {}

    void fail(std::string field, std::string message) {
        is_row_broken = true;
        if (errors.size() < options.errors_max)
            errors.push_back({row_count, std::move(field), std::move(message)});
    }
    void refuse_unknown();
    std::byte* place(size_t input) {
        return slots[input].data.get() + row_count * storage_bytes(slots[input].storage);
    }
    void set_valid(size_t input, bool is_valid) {
        const uint64_t bit = uint64_t{1} << (row_count % 64);
        uint64_t& word = slots[input].valid[row_count / 64];
        word = is_valid ? word | bit : word & ~bit;
    }
    void impute(size_t input);
    void break_contract(size_t input, project::OnViolation then, const std::string& message);
    void take_null(size_t input, const char* message);
    void check_range(size_t input);
    void check_category(size_t input, std::string_view text);
};

void RowReader::State::impute(size_t input) {
    Slot& slot = slots[input];
    // A look-up must not find what belongs to the typical key.
    const bool is_typical = is_bounded[input] && !inputs[input].is_nullable && slot.typical &&
                            store_field(inputs[input].type, *slot.typical, true, texts,
                                        place(input)) == FieldFault::none;
    set_valid(input, is_typical);
    imputed.push_back({row_count, static_cast<uint32_t>(input)});
}

void RowReader::State::break_contract(size_t input, project::OnViolation then,
                                      const std::string& message) {
    if (then == project::OnViolation::impute) return impute(input);
    if (then == project::OnViolation::error) fail(inputs[input].name, message);
}

void RowReader::State::take_null(size_t input, const char* message) {
    set_valid(input, false);
    if (!inputs[input].is_nullable) break_contract(input, options.contract.null, message);
}

void RowReader::State::check_range(size_t input) {
    const Input& known = inputs[input];
    const bool is_free =
        options.contract.range == project::OnViolation::allow || !is_bounded[input];
    if (is_free || !known.low || !known.high) return;
    const frame::ColumnView column{known.type, slots[input].data.get(), nullptr, row_count + 1};
    const double value = frame::value_as_double(column, row_count);
    const bool is_low = value < *known.low;
    if (!is_low && !(value > *known.high)) return;
    if (options.contract.range == project::OnViolation::error) {
        return fail(known.name, frame::value_text(column, row_count) + " is " +
                                    (is_low ? "below" : "above") + " what training saw");
    }
    imputed.push_back({row_count, static_cast<uint32_t>(input)});
    if (store_double(known.type, is_low ? *known.low : *known.high, place(input)) !=
        FieldFault::none)
        set_valid(input, false);
}

void RowReader::State::check_category(size_t input, std::string_view text) {
    const auto& texts_seen = inputs[input].categories;
    const bool is_free =
        options.contract.category == project::OnViolation::allow || !is_bounded[input];
    if (is_free || texts_seen.empty()) return;
    if (contents[input] != Holds::text || std::ranges::binary_search(texts_seen, text)) return;
    const std::string near =
        text.empty() ? "" : nearest(text, {texts_seen.begin(), texts_seen.end()});
    break_contract(input, options.contract.category,
                   shown(FieldValue::of(text)) + " is none of the " +
                       std::to_string(texts_seen.size()) + " texts that training saw" +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

// In a row that is not complete: the names nobody knows, then the fields that did not come and
// were likely meant, or are needed.
void RowReader::State::refuse_unknown() {
    std::vector<std::string_view> missing;
    std::set<std::string_view> meant;
    for (size_t i = 0; i < slots.size(); ++i) {
        if (seen[i] != row_number) missing.push_back(inputs[i].name);
    }
    for (const std::string_view name : unknown) {
        const std::string_view shown_name = name.substr(0, kShownTextMax);
        const std::string near = nearest(name, missing);
        fail(std::string(shown_name), "the model has no such field" +
                                          (near.empty() ? "" : "; did you mean '" + near + "'?"));
        const auto found = std::ranges::find(missing, near);
        if (found != missing.end()) meant.insert(*found);
    }
    for (size_t i = 0; i < slots.size(); ++i) {
        const Input& input = inputs[i];
        const bool is_needed =
            !input.is_nullable && options.contract.null == project::OnViolation::error;
        if (seen[i] != row_number && (is_needed || meant.contains(input.name)))
            fail(input.name, "this field is missing");
    }
}

RowReader::RowReader(const Program& program, ReadOptions options)
    : state_(std::make_unique<State>(program, options)) {
    State& state = *state_;
    state.options.row_count_max =
        std::clamp<size_t>(options.row_count_max, 1, frame::kBatchRowsMax);
    for (const Input& input : state.inputs) {
        Storage storage = storage_of(input.type);
        State::Slot slot{
            storage,
            std::make_unique<std::byte[]>(state.options.row_count_max * storage_bytes(storage)),
            std::vector<uint64_t>(word_count(state.options.row_count_max))};
        state.slots.push_back(std::move(slot));
        state.by_name.push_back(static_cast<uint32_t>(state.by_name.size()));
    }
    std::sort(state.by_name.begin(), state.by_name.end(), [&](uint32_t a, uint32_t b) {
        return lower_ascii(state.inputs[a].name) < lower_ascii(state.inputs[b].name);
    });
    state.contents = contents_of(program);
    state.is_bounded = inputs_bounded(program);
    for (size_t i = 0; i < state.slots.size(); ++i) {
        const auto found = program.metadata.find(std::string(kTypicalKey) + state.inputs[i].name);
        if (found != program.metadata.end())
            state.slots[i].typical = FieldValue::of(std::string_view(found->second));
    }
    state.views.resize(state.inputs.size());
    state.seen.assign(state.inputs.size(), 0);
}

RowReader::~RowReader() = default;
RowReader::RowReader(RowReader&&) noexcept = default;

void RowReader::clear() {
    state_->row_count = 0;
    state_->errors.clear();
    state_->imputed.clear();
    state_->texts.clear();
}

bool RowReader::begin_row() {
    State& state = *state_;
    if (state.row_count == state.options.row_count_max) return false;
    ++state.row_number;
    state.expected = 0;
    state.unknown.clear();
    state.is_row_broken = false;
    return true;
}

int RowReader::find(std::string_view name) const {
    State& state = *state_;
    const auto& inputs = state.inputs;
    if (state.expected < inputs.size() && is_same_name(inputs[state.expected].name, name))
        return static_cast<int>(state.expected++);
    std::string lower = lower_ascii(name);
    auto found = std::lower_bound(state.by_name.begin(), state.by_name.end(), lower,
                                  [&](uint32_t index, const std::string& key) {
                                      return lower_ascii(inputs[index].name) < key;
                                  });
    if (found == state.by_name.end() || !is_same_name(inputs[*found].name, name)) return -1;
    state.expected = *found + 1;
    return static_cast<int>(*found);
}

void RowReader::field(std::string_view name, const FieldValue& value) {
    int input = find(name);
    if (input >= 0) return field(input, value);
    State& state = *state_;
    if (state.options.extra_fields == ReadOptions::Extra::ignore) return;
    if (state.unknown.size() < state.options.errors_max) state.unknown.push_back(name);
}

void RowReader::field(int input, const FieldValue& value) {
    State& state = *state_;
    auto index = static_cast<size_t>(input);
    const Input& contract = state.inputs[index];
    if (state.seen[index] == state.row_number)
        return state.fail(contract.name, "this field comes twice");
    state.seen[index] = state.row_number;
    bool is_null = value.kind == FieldValue::Kind::null ||
                   (state.options.is_all_text && state.options.is_empty_null &&
                    value.kind == FieldValue::Kind::text && value.text.empty());
    if (is_null) return state.take_null(index, "this field must not be null");
    const auto on_type = state.options.contract.type;
    if (value.kind == FieldValue::Kind::json && state.contents[index] == Holds::text)
        return state.break_contract(index, on_type,
                                    "must be a plain value, not an object or a list");
    bool is_json = value.kind == FieldValue::Kind::json || state.contents[index] == Holds::nested;
    if (is_json && !parse_json(value.text))
        return state.break_contract(index, on_type, shown(value) + " is no JSON");
    FieldFault fault = store_field(contract.type, is_json ? FieldValue::of(value.text) : value,
                                   state.options.is_all_text, state.texts, state.place(index));
    if (fault != FieldFault::none) {
        const std::string why = fault_text(fault, contract.type, shown(value));
        // A text too long for the request's memory is no fault of its own.
        if (fault == FieldFault::too_long) return state.fail(contract.name, why);
        return state.break_contract(index, on_type, why);
    }
    state.set_valid(index, true);
    if (contract.type.id == frame::TypeId::varchar)
        state.check_category(index, value.text);
    else
        state.check_range(index);
}

bool RowReader::takes_json(std::string_view name) const {
    int input = find(name);
    return input >= 0 && state_->contents[static_cast<size_t>(input)] != Holds::text;
}

void RowReader::end_row() {
    State& state = *state_;
    bool is_complete = true;
    for (size_t i = 0; i < state.slots.size(); ++i) {
        if (state.seen[i] == state.row_number) continue;
        is_complete = false;
        if (state.unknown.empty())
            state.take_null(i, "this field is missing");
        else
            state.set_valid(i, false);
    }
    if (!is_complete && !state.unknown.empty()) state.refuse_unknown();
    ++state.row_count;
}

size_t RowReader::row_count() const { return state_->row_count; }

frame::BatchView RowReader::view() const {
    State& state = *state_;
    for (size_t i = 0; i < state.slots.size(); ++i) {
        const auto& slot = state.slots[i];
        state.views[i] = {state.inputs[i].type, slot.data.get(), slot.valid.data(),
                          state.row_count};
    }
    return {state.views, state.row_count};
}

const std::vector<FieldError>& RowReader::errors() const { return state_->errors; }
const std::vector<ImputedField>& RowReader::imputed() const { return state_->imputed; }

Status RowReader::status() const {
    Status all;
    for (const FieldError& error : state_->errors) {
        std::string place =
            state_->row_count > 1 ? "row " + std::to_string(error.row + 1) + ", " : "";
        all.also(invalid_argument(place + "field '" + error.field + "': " + error.message));
    }
    return all;
}

}  // namespace quern::score
