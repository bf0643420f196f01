#include "quern/score/importers/tree_nodes.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace quern::score {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kBeyondFloats = 0x1p128;  // where a next float would be

// A float as a double; infinities as the floats that would follow.
double finite(float value) {
    return std::isinf(value) ? std::copysign(kBeyondFloats, value) : static_cast<double>(value);
}

}  // namespace

double largest_up_to(float limit) {
    if (limit == kInfinity) return std::numeric_limits<double>::infinity();
    // Values up to the middle are rounded down; the middle itself goes to the even one.
    const double middle = (finite(limit) + finite(std::nextafter(limit, kInfinity))) / 2;
    if (static_cast<float>(middle) <= limit) return middle;
    return std::nextafter(middle, -std::numeric_limits<double>::infinity());
}

double largest_below(float limit) { return largest_up_to(std::nextafter(limit, -kInfinity)); }

double largest_float_up_to(double limit) {
    auto nearest = static_cast<float>(limit);
    if (static_cast<double>(nearest) > limit) nearest = std::nextafter(nearest, -kInfinity);
    return largest_up_to(nearest);
}

Result<OrderedTree> order_tree(std::span<const SourceNode> nodes, uint64_t root) {
    OrderedTree ordered;
    if (root >= nodes.size()) return corrupt("a tree has no root");
    std::vector<uint64_t> sources;  // of each node of the tree
    std::vector<uint8_t> is_seen(nodes.size());
    const auto place = [&](uint64_t source) -> int32_t {
        if (!nodes[source].is_leaf()) {
            sources.push_back(source);
            return static_cast<int32_t>(sources.size() - 1);
        }
        ordered.leaves.push_back(source);
        return ~static_cast<int32_t>(ordered.leaves.size() - 1);
    };
    is_seen[root] = 1;
    place(root);
    for (size_t i = 0; i < sources.size(); ++i) {
        const SourceNode& from = nodes[sources[i]];
        for (const uint64_t child : {from.left, from.right})
            if (child >= nodes.size() || std::exchange(is_seen[child], 1) != 0)
                return corrupt("a tree's child is out of place");
        Trees::Node node;
        node.column = from.column;
        node.threshold = from.threshold;
        node.missing = Missing::nan;
        node.default_left = from.nan_left;
        if (from.word_count > 0) {
            node.is_categorical = true;
            node.missing = Missing::none;
            node.default_left = false;
            node.first_word = from.first_word;
            node.word_count = from.word_count;
        }
        node.left = place(from.left);
        node.right = place(from.right);
        ordered.tree.nodes.push_back(node);
    }
    ordered.tree.leaves.assign(ordered.leaves.size(), 0);
    return ordered;
}

Status CategorySets::add(const std::vector<uint32_t>& members, SourceNode& node) {
    const uint32_t last = members.empty() ? 0 : *std::ranges::max_element(members);
    node.first_word = static_cast<uint32_t>(trees_.categories.size());
    node.word_count = last / 32 + 1;
    if (trees_.categories.size() + node.word_count > kSetWordsMax)
        return resource_exhausted("the sets of categories take more than " +
                                  std::to_string(kSetWordsMax) + " words");
    trees_.categories.resize(trees_.categories.size() + node.word_count);
    for (const uint32_t member : members)
        trees_.categories[node.first_word + member / 32] |= uint32_t{1} << (member % 32);
    return {};
}

void interleave(std::vector<std::vector<Trees::Tree>> by_raw, Trees& trees) {
    size_t count = 0;
    for (const auto& list : by_raw) count = std::max(count, list.size());
    trees.raw_count = static_cast<uint32_t>(by_raw.size());
    for (size_t i = 0; i < count; ++i)
        for (auto& list : by_raw)
            trees.trees.push_back(i < list.size() ? std::move(list[i]) : constant_tree(0));
}

Trees::Tree constant_tree(double value) { return {.leaves = {value}, .covers = {1}}; }

}  // namespace quern::score
