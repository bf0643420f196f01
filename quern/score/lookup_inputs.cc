#include "quern/score/lookup_inputs.h"

#include <algorithm>

namespace quern::score {
namespace {

uint32_t find_or_add(std::vector<Input>& inputs, const Input& wanted) {
    const auto found = std::ranges::find(inputs, wanted.name, &Input::name);
    if (found != inputs.end()) return static_cast<uint32_t>(found - inputs.begin());
    inputs.push_back(wanted);
    return static_cast<uint32_t>(inputs.size() - 1);
}

bool is_used(const Lookup& lookup, const std::vector<uint8_t>& is_read) {
    return std::ranges::any_of(lookup.columns,
                               [&](const auto& column) { return is_read[column.input] != 0; });
}

void drop_unused_inputs(CompiledFeatures& features) {
    std::vector<Input> kept;
    std::vector<uint32_t> moved(features.inputs.size(), UINT32_MAX);
    for (Expression& node : features.expressions) {
        if (node.kind != Expression::Kind::input) continue;
        if (moved[node.input] == UINT32_MAX) {
            moved[node.input] = static_cast<uint32_t>(kept.size());
            kept.push_back(features.inputs[node.input]);
        }
        node.input = moved[node.input];
    }
    for (Lookup& lookup : features.lookups) {
        std::erase_if(lookup.columns,
                      [&](const auto& column) { return moved[column.input] == UINT32_MAX; });
        for (auto& column : lookup.columns) column.input = moved[column.input];
    }
    features.inputs = std::move(kept);
}

}  // namespace

void drop_unused(CompiledFeatures& features) {
    std::vector<uint32_t> moved(features.expressions.size(), 0);
    for (const Feature& feature : features.features) moved[feature.expression] = 1;
    for (size_t i = features.expressions.size(); i-- > 0;)
        if (moved[i] != 0)
            for (uint32_t child : features.expressions[i].children) moved[child] = 1;
    std::vector<Expression> kept;
    for (size_t i = 0; i < features.expressions.size(); ++i) {
        if (moved[i] == 0) continue;
        moved[i] = static_cast<uint32_t>(kept.size());
        for (uint32_t& child : features.expressions[i].children) child = moved[child];
        kept.push_back(std::move(features.expressions[i]));
    }
    for (Feature& feature : features.features) feature.expression = moved[feature.expression];
    features.expressions = std::move(kept);
    drop_unused_inputs(features);
}

void place_lookups(CompiledFeatures& features, std::span<const LookupSpec> specs) {
    std::vector<uint8_t> is_looked_up(features.inputs.size());
    for (const Lookup& lookup : features.lookups)
        for (const auto& column : lookup.columns) is_looked_up[column.input] = 1;
    std::vector<Input> inputs;
    std::vector<uint32_t> moved(features.inputs.size());
    for (size_t i = 0; i < features.inputs.size(); ++i) {
        if (is_looked_up[i] != 0) continue;
        moved[i] = static_cast<uint32_t>(inputs.size());
        inputs.push_back(features.inputs[i]);
    }
    std::vector<Lookup> lookups;
    for (size_t i = 0; i < specs.size(); ++i) {
        if (features.lookups[i].columns.empty()) continue;
        Lookup& lookup = lookups.emplace_back(std::move(features.lookups[i]));
        for (size_t k = 0; k < lookup.keys.size(); ++k)
            lookup.keys[k].input = find_or_add(inputs, specs[i].keys[k]);
        if (specs[i].time) lookup.time = find_or_add(inputs, *specs[i].time);
    }
    for (Lookup& lookup : lookups) {
        for (auto& column : lookup.columns) {
            moved[column.input] = static_cast<uint32_t>(inputs.size());
            inputs.push_back(features.inputs[column.input]);
            column.input = moved[column.input];
        }
    }
    for (Expression& node : features.expressions)
        if (node.kind == Expression::Kind::input) node.input = moved[node.input];
    features.inputs = std::move(inputs);
    features.lookups = std::move(lookups);
}

void mark_keys(std::span<const Lookup> lookups, std::vector<uint8_t>& is_read) {
    for (const Lookup& lookup : lookups) {
        if (!is_used(lookup, is_read)) continue;
        for (const auto& key : lookup.keys) is_read[key.input] = 1;
    }
}

std::vector<uint8_t> inputs_read(const Program& program) {
    std::vector<uint8_t> is_read(program.inputs.size());
    for (const auto& expression : program.expressions) {
        if (expression.kind == Expression::Kind::input) is_read[expression.input] = 1;
    }
    mark_keys(program.lookups, is_read);
    return is_read;
}

std::vector<uint8_t> inputs_used(const Program& program) {
    auto are_used = inputs_read(program);
    for (const Lookup& lookup : program.lookups)
        if (lookup.time && is_used(lookup, are_used)) are_used[*lookup.time] = 1;
    return are_used;
}

std::vector<uint8_t> inputs_bounded(const Program& program) {
    auto are_bounded = inputs_read(program);
    for (const Lookup& lookup : program.lookups) {
        for (const auto& key : lookup.keys) are_bounded[key.input] = 0;
        if (lookup.time) are_bounded[*lookup.time] = 0;
    }
    return are_bounded;
}

}  // namespace quern::score
