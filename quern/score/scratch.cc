#include <cstring>
#include <string>

#include "quern/base/text.h"
#include "quern/score/describe.h"
#include "quern/score/kernel.h"
#include "quern/score/plan.h"

namespace quern::score {
namespace {

constexpr size_t kAlignment = 64;

size_t aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

// A function that does not look at all arguments fails only by those it looks at.
uint32_t failed_child(const Expression& expression, const Scratch::State& state, size_t row) {
    const auto& children = expression.children;
    auto is_failed = [&](size_t i) { return state.vectors[children[i]].is_failed(row); };
    if (expression.function == "case") {
        for (size_t i = 0; i + 1 < children.size(); i += 2) {
            if (is_failed(i)) return children[i];
            const Vector& when = state.vectors[children[i]];
            if (when.is_valid(row) && when.values<bool>()[row])
                return is_failed(i + 1) ? children[i + 1] : kNoPosition;
        }
        return is_failed(children.size() - 1) ? children.back() : kNoPosition;
    }
    for (size_t i = 0; i < children.size(); ++i)
        if (is_failed(i)) return children[i];
    return kNoPosition;
}

std::string argument_text(const Expression& argument, const Vector& vector, size_t row) {
    if (storage_of(argument.type) == Storage::interval) return "an interval";
    if (!vector.is_valid(row)) return "NULL";
    frame::ColumnView view{argument.type, vector.data, vector.valid, row + 1};
    std::string text = frame::value_text(view, row);
    if (text.size() > 100) text = text.substr(0, 100) + "...";
    return frame::is_text(argument.type) ? quote_literal(text) : text;
}

// The same value in every row.
void fill(const Constant& constant, size_t row_count, void* out) {
    std::array<std::byte, 16> bits = constant.bits;
    if (storage_of(constant.type) == Storage::text) {
        const std::string_view text = constant.text;  // lies in the plan's program
        std::memcpy(bits.data(), &text, sizeof(text));
    }
    const size_t size = storage_bytes(storage_of(constant.type));
    for (size_t row = 0; row < row_count; ++row)
        std::memcpy(static_cast<std::byte*>(out) + row * size, bits.data(), size);
}

// Gives each constant and call its part of one block of memory; inputs lie with the caller.
void place_vectors(const std::vector<Expression>& expressions, Scratch::State& state) {
    using Kind = Expression::Kind;
    const size_t row_count = state.row_count_max;
    const size_t bits = aligned(word_count(row_count) * sizeof(uint64_t));
    const auto data_bytes = [&](const Expression& node) {
        return aligned(row_count * storage_bytes(storage_of(node.type)));
    };
    size_t total = kAlignment;
    for (const Expression& node : expressions) {
        if (node.kind != Kind::input) total += data_bytes(node);
        if (node.kind == Kind::call) total += 2 * bits;
    }
    state.arena = std::make_unique<std::byte[]>(total);
    const auto start = reinterpret_cast<uintptr_t>(state.arena.get());
    std::byte* next = state.arena.get() + (aligned(start) - start);
    const auto take = [&next](size_t size) { return std::exchange(next, next + size); };
    uint64_t *all = state.all_valid.data(), *none = state.none_failed.data();
    state.vectors.assign(expressions.size(), {nullptr, all, none});
    for (size_t i = 0; i < expressions.size(); ++i) {
        const Expression& node = expressions[i];
        Vector& vector = state.vectors[i];
        if (node.kind == Kind::input) continue;
        vector.data = take(data_bytes(node));
        if (node.kind == Kind::call) {
            vector.valid = reinterpret_cast<uint64_t*>(take(bits));
            vector.failed = reinterpret_cast<uint64_t*>(take(bits));
        } else {
            fill(node.constant, row_count, vector.data);
            if (node.constant.is_null) vector.valid = none;
        }
    }
}

}  // namespace

Scratch::Scratch(const Scorer& scorer, size_t row_count_max) : state_(std::make_unique<State>()) {
    const Scorer::Plan& plan = scorer.plan();
    State& state = *state_;
    state.row_count_max = std::clamp<size_t>(row_count_max, 1, frame::kBatchRowsMax);
    const size_t words = word_count(state.row_count_max);
    state.all_valid.assign(words, kAllRows);
    state.none_failed.assign(words, 0);
    state.row_failed.assign(words, 0);
    place_vectors(plan.program.expressions, state);
    for (const Step& step : plan.steps)
        for (uint32_t argument : step.arguments)
            state.arguments.push_back(&state.vectors[argument]);
    state.matrix.resize(state.row_count_max * plan.columns.size());
    if (!plan.picked.empty()) state.numbers.resize(state.row_count_max * plan.number_count);
    state.model_scratch = make_model_scratch(plan.model);
    state.picked.resize(plan.program.inputs.size());
    const LookupStage* stage = scorer.lookup_stage();
    if (stage != nullptr) state.lookups.emplace(*stage, state.row_count_max);
}

Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

Status Scorer::row_error(size_t row, const Scratch& scratch) const {
    const Scratch::State& state = scratch.state();
    if (stage_) TRY(stage_->row_error(row, *state.lookups));
    for (const Feature& feature : program().features) {
        uint32_t node = feature.expression;
        if (!state.vectors[node].is_failed(row)) continue;
        const auto& expressions = program().expressions;
        for (uint32_t deeper = node; deeper != kNoPosition;) {
            node = deeper;
            deeper = failed_child(expressions[node], state, row);
        }
        const Expression& origin = expressions[node];
        std::string arguments;
        for (uint32_t child : origin.children) {
            if (!arguments.empty()) arguments += ", ";
            arguments += argument_text(expressions[child], state.vectors[child], row);
        }
        return invalid_argument("feature '" + feature.name + "': " + origin.function + "(" +
                                arguments + ") has no " + type_text(origin.type) + " result");
    }
    if ((state.row_failed[row / 64] >> (row % 64) & 1) != 0)
        return invalid_argument(
            "the model's score is not a number; its features are too large or infinite");
    return {};
}

}  // namespace quern::score
