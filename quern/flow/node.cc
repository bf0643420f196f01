#include "quern/flow/node.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace quern::flow {

std::string_view kind_name(NodeKind kind) {
    constexpr std::array<std::string_view, 5> kNames = {"source", "table", "model", "service",
                                                        "lookup"};
    return kNames[static_cast<size_t>(kind)];
}

std::string parts_json(const Parts& parts) {
    const nlohmann::json json = {{"engine", parts.engine},     {"definition", parts.definition},
                                 {"settings", parts.settings}, {"data", parts.data},
                                 {"checks", parts.checks},     {"inputs", parts.inputs}};
    return json.dump();
}

Parts parts_from_json(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    Parts parts;
    if (!json.is_object()) return parts;
    const auto read = [&](const char* name, std::string& slot) {
        const auto found = json.find(name);
        if (found != json.end() && found->is_string()) slot = found->get<std::string>();
    };
    read("engine", parts.engine);
    read("definition", parts.definition);
    read("settings", parts.settings);
    read("data", parts.data);
    read("checks", parts.checks);
    const auto inputs = json.find("inputs");
    if (inputs == json.end() || !inputs->is_object()) return parts;
    for (const auto& [id, content] : inputs->items()) {
        if (content.is_string()) parts.inputs.emplace(id, content.get<std::string>());
    }
    return parts;
}

const Node* Graph::find(std::string_view id) const {
    for (const auto& node : nodes) {
        if (node.id() == id) return &node;
    }
    return nullptr;
}

size_t Graph::from_of(const Node& model) const {
    return *std::ranges::find_if(
        model.inputs, [&](size_t input) { return nodes[input].kind != NodeKind::lookup; });
}

std::vector<size_t> Graph::lookups_of(const Node& model) const {
    std::vector<size_t> lookups;
    for (const size_t input : model.inputs)
        if (nodes[input].kind == NodeKind::lookup) lookups.push_back(input);
    std::ranges::sort(lookups, {}, [&](size_t input) { return nodes[input].part; });
    return lookups;
}

std::vector<bool> Graph::downstream_of(size_t node) const {
    std::vector<bool> reached(nodes.size());
    reached[node] = true;
    for (size_t i = node + 1; i < nodes.size(); ++i) {
        for (const size_t input : nodes[i].inputs) {
            if (reached[input]) reached[i] = true;
        }
    }
    return reached;
}

std::vector<bool> Graph::upstream_of(size_t node) const {
    std::vector<bool> reached(nodes.size());
    reached[node] = true;
    for (size_t i = node + 1; i-- > 0;) {
        if (!reached[i]) continue;
        for (const size_t input : nodes[i].inputs) reached[input] = true;
    }
    return reached;
}

}  // namespace quern::flow
