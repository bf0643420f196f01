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

}  // namespace

Scratch::Scratch(const Scorer& scorer, size_t row_count_max) : state_(std::make_unique<State>()) {
    const Scorer::Plan& plan = scorer.plan();
    const auto& expressions = plan.program.expressions;
    State& state = *state_;
    state.row_count_max = std::clamp<size_t>(row_count_max, 1, frame::kBatchRowsMax);
    size_t words = word_count(state.row_count_max), bits = aligned(words * sizeof(uint64_t));
    size_t total = kAlignment;
    for (const Step& step : plan.steps) {
        Storage storage = storage_of(expressions[step.node].type);
        total += aligned(state.row_count_max * storage_bytes(storage)) + 2 * bits;
    }
    state.arena = std::make_unique<std::byte[]>(total);
    auto start = reinterpret_cast<uintptr_t>(state.arena.get());
    std::byte* next = state.arena.get() + (aligned(start) - start);
    auto take = [&next](size_t size) { return std::exchange(next, next + aligned(size)); };

    state.all_valid.assign(words, kAllRows);
    state.none_failed.assign(words, 0);
    state.row_failed.assign(words, 0);
    state.vectors.assign(expressions.size(),
                         {nullptr, state.all_valid.data(), state.none_failed.data()});
    for (size_t node = 0; node < expressions.size(); ++node)
        if (plan.constant_of[node] != kNoPosition)
            state.vectors[node] = plan.broadcasts[plan.constant_of[node]].vector;
    for (const Step& step : plan.steps) {
        Storage storage = storage_of(expressions[step.node].type);
        Vector& vector = state.vectors[step.node];
        vector.data = take(state.row_count_max * storage_bytes(storage));
        vector.valid = reinterpret_cast<uint64_t*>(take(bits));
        vector.failed = reinterpret_cast<uint64_t*>(take(bits));
        for (uint32_t argument : step.arguments)
            state.arguments.push_back(&state.vectors[argument]);
    }
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
    return {};
}

}  // namespace quern::score
