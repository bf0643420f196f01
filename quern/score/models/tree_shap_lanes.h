// The passes over a tree for its contributions (tree_shap.h), included by one file for each kind
// of processor. No branch in them depends on the row or on the tree's form.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "quern/score/models/processor.h"
#include "quern/score/models/tree_shap.h"

namespace quern::score {
namespace {

template <size_t count>
struct Points {
    static constexpr size_t kBytes = std::min(kLaneBytes, count * sizeof(double));
    static constexpr size_t kWidth = kBytes / sizeof(double), kLanes = count / kWidth;
    typedef double Lane __attribute__((vector_size(kBytes)));
    Lane lane[kLanes];
};

template <size_t count, class F>
__attribute__((always_inline)) inline Points<count> each(F f) {
    Points<count> made;
    for (size_t l = 0; l < Points<count>::kLanes; ++l) made.lane[l] = f(l);
    return made;
}

template <size_t count>
struct Passes {
    using P = Points<count>;
    const Shap& shap;
    const double* row;
    P points;
    P *above, *below;  // by slot: the product of the factors above a node, what its leaves have
    P* inverses;
    P* sums;    // by column of the group
    double* s;  // by edge

    static P all(double value) {
        return each<count>([&](size_t) { return typename P::Lane{} + value; });
    }

    void follow(const Shap::Node* nodes, uint32_t node_count) {
        s[0] = 0;
        for (uint32_t i = 0; i < node_count; ++i) {
            const Shap::Node& node = nodes[i];
            double value = row[node.column];
            bool is_left =
                node.is_numeric
                    ? (value <= node.threshold) | ((value != value) & (node.nan_left != 0))
                    : goes_left(shap.walk, shap.walk.steps.data()[node.step], value);
            bool is_on = s[node.above] >= 0;
            s[1 + 2 * i] = (is_on & is_left) ? node.ratio[0] : -1.0;
            s[2 + 2 * i] = (is_on & !is_left) ? node.ratio[1] : -1.0;
        }
    }

    // Multiplies what is above each node; a column that was split before loses its old factor.
    void go_down(const Shap::Node* nodes, uint32_t node_count) {
        for (uint32_t i = 0; i < node_count; ++i) {
            const Shap::Node& node = nodes[i];
            const P &old = above[(node.from + 1) / 2], &inverse = inverses[node.inverse];
            double ratio = s[node.from];
            above[i + 1] = each<count>([&](size_t l) {
                return old.lane[l] * (points.lane[l] * ratio + 1.0) * inverse.lane[l];
            });
        }
    }

    void go_up(const Shap::Node* nodes, uint32_t node_count) {
        for (uint32_t i = node_count; i-- > 0;) {
            const Shap::Node& node = nodes[i];
            const P &left = below[node.below[0]], &right = below[node.below[1]];
            const P &product = above[i + 1], &inverse = inverses[node.inverse];
            double on_left = s[1 + 2 * i], on_right = s[2 + 2 * i], before = s[node.above];
            P &sum = sums[node.group_column], &made = below[i + 1];
            for (size_t l = 0; l < P::kLanes; ++l) {
                auto one = left.lane[l] + node.value[0], two = right.lane[l] + node.value[1];
                auto plain = one + two, moved = one * on_left + two * on_right;
                made.lane[l] = (plain + points.lane[l] * moved) * inverse.lane[l];
                sum.lane[l] += (moved - plain * before) * inverse.lane[l] * product.lane[l];
            }
        }
    }

    void run(const Shap::Tree& tree) {
        const Shap::Node* nodes = shap.nodes.data() + tree.first_node;
        follow(nodes, tree.node_count);
        const uint32_t* edges = shap.inverses.data() + tree.first_inverse;
        for (uint32_t i = 0; i < tree.inverse_count; ++i) {
            double ratio = s[edges[i]];
            inverses[i + 1] =
                each<count>([&](size_t l) { return 1.0 / (points.lane[l] * ratio + 1.0); });
        }
        go_down(nodes, tree.node_count);
        go_up(nodes, tree.node_count);
    }
};

template <size_t count>
Points<count> points_of(const std::vector<double>& values) {
    Points<count> made;
    for (size_t i = 0; i < count; ++i)
        made.lane[i / Points<count>::kWidth][i % Points<count>::kWidth] = values.data()[i];
    return made;
}

template <size_t count>
Passes<count> make_passes(const Shap& shap, const Shap::Group& group, const double* row,
                          std::byte* scratch) {
    using P = Points<count>;
    P points = points_of<count>(shap.rules.data()[group.rule].points);
    Passes<count> passes{shap, row, points, {}, {}, {}, {}, {}};
    passes.above = reinterpret_cast<P*>(scratch);
    passes.below = passes.above + shap.node_count_max + 1;
    passes.inverses = passes.below + shap.node_count_max + 1;
    passes.sums = passes.inverses + shap.inverse_count_max + 1;
    passes.s = reinterpret_cast<double*>(passes.sums + group.column_count);
    return passes;
}

template <size_t count>
void explain_group(const Shap& shap, const Shap::Group& group, const double* row,
                   double* contributions, std::byte* scratch) {
    using P = Points<count>;
    const Shap::Rule& rule = shap.rules.data()[group.rule];
    Passes<count> passes = make_passes<count>(shap, group, row, scratch);
    passes.above[0] = passes.inverses[0] = passes.all(1);
    passes.below[0] = passes.all(0);
    std::fill_n(passes.sums, group.column_count, passes.below[0]);
    for (uint32_t i = 0; i < group.tree_count; ++i)
        passes.run(shap.trees.data()[group.first_tree + i]);
    double* to = contributions + group.raw * shap.walk.column_count;
    for (uint32_t c = 0; c < group.column_count; ++c) {
        double sum = 0;
        for (size_t i = 0; i < count; ++i)
            sum += passes.sums[c].lane[i / P::kWidth][i % P::kWidth] * rule.weights.data()[i];
        to[shap.columns.data()[group.first_column + c]] += sum;
    }
}

void explain(const Shap& shap, const double* row, double* contributions, std::byte* scratch) {
    constexpr auto by_rule = []<size_t... i>(std::index_sequence<i...>) {
        return std::array{explain_group<kShapPoints[i]>...};
    }(std::make_index_sequence<std::size(kShapPoints)>());
    for (const Shap::Group& group : shap.groups)
        by_rule[group.rule](shap, group, row, contributions, scratch);
    const Walk& walk = shap.walk;
    if (walk.divisor != 1)
        for (size_t i = 0; i < walk.raw_count * walk.column_count; ++i)
            contributions[i] /= walk.divisor;
}

}  // namespace
}  // namespace quern::score
