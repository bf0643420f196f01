#include "quern/score/models/tree_shap.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numbers>
#include <numeric>

namespace quern::score {

extern const ShapKernel kShapPlain;
#ifdef __x86_64__
extern const ShapKernel kShapAvx2, kShapAvx512;
#endif

namespace {

constexpr double kShareMin = 1e-12;    // of branches that no row of the training took
constexpr double kWeightMin = 1e-200;  // of a leaf: beyond, products of ratios leave the doubles

// Points and weights of Gauss and Legendre on [0, 1]: roots of a Legendre polynomial by Newton.
Shap::Rule make_rule(size_t count) {
    Shap::Rule rule;
    for (size_t i = 0; i < count; ++i) {
        double n = static_cast<double>(count);
        double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
        double slope = 0;
        for (int round = 0; round < 100; ++round) {
            double value = 1, before = 0;
            for (size_t k = 1; k <= count; ++k) {
                auto degree = static_cast<double>(k);
                double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
                before = value;
                value = next;
            }
            slope = n * (x * value - before) / (x * x - 1);
            double step = value / slope;
            x -= step;
            if (std::abs(step) < 1e-16) break;
        }
        rule.points.push_back((1 + x) / 2);
        rule.weights.push_back(1 / ((1 - x * x) * slope * slope));
    }
    return rule;
}

// One tree on its way into a Shap.
struct Maker {
    const Trees::Tree& tree;
    uint32_t first_step;
    Shap& shap;
    std::vector<double> covers;     // by node
    std::vector<uint32_t> depths;   // by node
    std::vector<uint32_t> from;     // by node: the edge that leads there
    std::vector<double> shares;     // by edge: of the column of its split, from the root to there
    std::vector<double> weights;    // by edge: the product of its path's shares
    std::vector<uint32_t> uniques;  // by edge: different columns on the path
    std::map<uint32_t, uint32_t> inverses;  // by edge

    double cover_of(int32_t child) const {
        return child >= 0 ? covers[static_cast<size_t>(child)]
                          : tree.covers[static_cast<size_t>(~child)];
    }

    static int32_t child_of(const Trees::Node& node, size_t side) {
        return side == 0 ? node.left : node.right;
    }

    // Of the edge's end; nothing if explanations cannot be told of the tree.
    std::optional<uint32_t> make() {
        size_t count = tree.nodes.size();
        covers.assign(count, 0);
        depths.assign(count, 0);
        from.assign(count, 0);
        shares.assign(2 * count + 1, 1);
        weights.assign(2 * count + 1, 1);
        uniques.assign(2 * count + 1, 0);
        for (size_t i = count; i-- > 0;)
            covers[i] = cover_of(tree.nodes[i].left) + cover_of(tree.nodes[i].right);
        Shap::Tree made{.first_node = static_cast<uint32_t>(shap.nodes.size()),
                        .node_count = static_cast<uint32_t>(count),
                        .first_inverse = static_cast<uint32_t>(shap.inverses.size())};
        for (size_t i = 0; i < count; ++i) {
            if (depths[i] >= kShapDepthMax) return std::nullopt;
            shap.nodes.push_back(node_at(i));
        }
        made.inverse_count = static_cast<uint32_t>(inverses.size());
        shap.trees.push_back(made);
        if (*std::min_element(weights.begin(), weights.end()) < kWeightMin) return std::nullopt;
        return *std::max_element(uniques.begin(), uniques.end());
    }

    Shap::Node node_at(size_t i) {
        const Trees::Node& node = tree.nodes[i];
        const Walk::Step& step = shap.walk.steps[first_step + i];
        Shap::Node made;
        made.threshold = node.threshold;
        made.column = node.column;
        made.step = first_step + static_cast<uint32_t>(i);
        made.is_numeric = step.kind == Walk::Step::numeric;
        made.nan_left = step.nan_left;
        made.from = from[i];
        made.above = last_split_above(i);
        if (made.above != 0) made.inverse = inverse_of(made.above);
        for (size_t side = 0; side < 2; ++side) {
            auto edge = static_cast<uint32_t>(1 + 2 * i + side);
            int32_t child = child_of(node, side);
            double part = covers[i] > 0 ? cover_of(child) / covers[i] : 0.5;
            double share = std::max(shares[made.above] * part, kShareMin);
            shares[edge] = share;
            weights[edge] = weights[from[i]] * share / shares[made.above];
            uniques[edge] = uniques[from[i]] + (made.above == 0 ? 1 : 0);
            made.ratio[side] = (1 - share) / share;
            if (child < 0) {
                made.value[side] = weights[edge] * tree.leaves[static_cast<size_t>(~child)];
            } else {
                made.below[side] = static_cast<uint32_t>(child) + 1;
                from[static_cast<size_t>(child)] = edge;
                depths[static_cast<size_t>(child)] = depths[i] + 1;
            }
        }
        return made;
    }

    uint32_t last_split_above(size_t i) const {
        for (uint32_t edge = from[i]; edge != 0; edge = from[(edge - 1) / 2])
            if (tree.nodes[(edge - 1) / 2].column == tree.nodes[i].column) return edge;
        return 0;
    }

    uint32_t inverse_of(uint32_t edge) {
        auto [found, is_new] = inverses.try_emplace(edge, inverses.size() + 1);
        if (is_new) shap.inverses.push_back(edge);
        return found->second;
    }

    double expected() const {
        double sum = 0, total = 0;
        for (size_t i = 0; i < tree.leaves.size(); ++i) {
            sum += tree.leaves[i] * tree.covers[i];
            total += tree.covers[i];
        }
        return total > 0 ? sum / total : tree.leaves[0];
    }
};

// Gives each node the number of its column within the group.
void set_columns(Shap& shap, Shap::Group& group) {
    std::map<uint32_t, uint32_t> numbers;
    group.first_column = static_cast<uint32_t>(shap.columns.size());
    for (uint32_t t = group.first_tree; t < group.first_tree + group.tree_count; ++t) {
        const Shap::Tree& tree = shap.trees[t];
        for (uint32_t i = tree.first_node; i < tree.first_node + tree.node_count; ++i) {
            Shap::Node& node = shap.nodes[i];
            auto [found, is_new] = numbers.try_emplace(node.column, numbers.size());
            if (is_new) shap.columns.push_back(node.column);
            node.group_column = found->second;
        }
    }
    group.column_count = static_cast<uint32_t>(numbers.size());
    shap.column_count_max = std::max(shap.column_count_max, group.column_count);
}

void set_groups(Shap& shap, const std::vector<uint32_t>& rules) {
    std::vector<uint32_t> order(shap.trees.size());
    std::iota(order.begin(), order.end(), 0);
    auto key = [&](uint32_t i) { return std::pair(i % shap.walk.raw_count, rules[i]); };
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
    std::vector<Shap::Tree> trees;
    for (uint32_t i : order) {
        auto [raw, rule] = key(i);
        if (shap.groups.empty() || shap.groups.back().raw != raw || shap.groups.back().rule != rule)
            shap.groups.push_back(
                {.raw = raw, .rule = rule, .first_tree = static_cast<uint32_t>(trees.size())});
        ++shap.groups.back().tree_count;
        trees.push_back(shap.trees[i]);
        shap.node_count_max = std::max(shap.node_count_max, trees.back().node_count);
        shap.inverse_count_max = std::max(shap.inverse_count_max, trees.back().inverse_count);
    }
    shap.trees = std::move(trees);
    for (Shap::Group& group : shap.groups) set_columns(shap, group);
}

}  // namespace

std::optional<Shap> make_shap(const Trees& trees, size_t column_count) {
    Shap shap;
    shap.walk = make_walk(trees, column_count);
    shap.expected.assign(trees.raw_count, 0);
    std::vector<uint32_t> rules;
    for (size_t i = 0; i < trees.trees.size(); ++i) {
        const Trees::Tree& tree = trees.trees[i];
        if (tree.covers.size() != tree.leaves.size()) return std::nullopt;
        Maker maker{tree, shap.walk.roots[i], shap, {}, {}, {}, {}, {}, {}, {}};
        auto columns_max = maker.make();
        if (!columns_max) return std::nullopt;
        uint32_t rule = 0;
        while (rule < std::size(kShapPoints) && 2 * kShapPoints[rule] < *columns_max) ++rule;
        if (rule == std::size(kShapPoints)) return std::nullopt;
        rules.push_back(rule);
        shap.expected[i % trees.raw_count] += maker.expected() / shap.walk.divisor;
    }
    for (size_t count : kShapPoints) shap.rules.push_back(make_rule(count));
    set_groups(shap, rules);
    return shap;
}

size_t shap_scratch_bytes(const Shap& shap) {
    size_t points_max = 0;
    for (const Shap::Group& group : shap.groups)
        points_max = std::max(points_max, kShapPoints[group.rule]);
    size_t slots =
        size_t{2} * (shap.node_count_max + 1) + shap.inverse_count_max + 1 + shap.column_count_max;
    return (slots * points_max + size_t{2} * shap.node_count_max + 1) * sizeof(double);
}

std::vector<const ShapKernel*> shap_kernels() {
    std::vector<const ShapKernel*> kernels;
#ifdef __x86_64__
    for (const ShapKernel* kernel : {&kShapAvx512, &kShapAvx2})
        if (kernel->is_supported()) kernels.push_back(kernel);
#endif
    kernels.push_back(&kShapPlain);
    return kernels;
}

const ShapKernel& shap_kernel() {
    static const ShapKernel* const best = shap_kernels().front();
    return *best;
}

}  // namespace quern::score
