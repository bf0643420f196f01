// What pairs of columns add to the score of trees (Shapley's interaction values), included by one
// file for each kind of processor. Of a leaf and two columns of its path that is
//     integral of s_i * s_j * product over the other columns of (1 + s_k * t) dt,
// half of it each way.
#pragma once

#include "quern/score/models/tree_shap_lanes.h"

namespace quern::score {
namespace {

template <size_t count>
struct Pairs {
    using P = Points<count>;
    struct Entry {  // a column of the path
        uint32_t source = 0;
        P factor, over;  // 1 + s t, and s / (1 + s t)
    };
    const Shap& shap;
    const Shap::Node* nodes;
    const uint32_t* column_sources;
    size_t source_count;
    double* out;  // [source][source] of the tree's raw score
    P points, weights;
    const double* s;    // by edge
    uint32_t* entries;  // by edge: where its column stands in the path
    Entry path[2 * count];

    static double total(const P& values) {
        auto sum = values.lane[0];
        for (size_t l = 1; l < P::kLanes; ++l) sum += values.lane[l];
        double all = 0;
        for (size_t i = 0; i < P::kWidth; ++i) all += sum[i];
        return all;
    }

    double& cell(size_t one, size_t two) {
        return out[path[one].source * source_count + path[two].source];
    }

    void leave(double value, uint32_t length) {
        P product = weights;
        for (uint32_t i = 0; i < length; ++i)
            for (size_t l = 0; l < P::kLanes; ++l) product.lane[l] *= path[i].factor.lane[l];
        for (uint32_t i = 0; i < length; ++i) {
            P mine = each<count>(
                [&](size_t l) { return product.lane[l] * path[i].over.lane[l] * value; });
            cell(i, i) += total(mine);
            for (uint32_t j = 0; j < i; ++j) {
                P both = each<count>([&](size_t l) { return mine.lane[l] * path[j].over.lane[l]; });
                double half = total(both) / 2;
                cell(i, j) += half;
                cell(j, i) += half;
                cell(i, i) -= half;
                cell(j, j) -= half;
            }
        }
    }

    void visit(uint32_t at, uint32_t length) {
        const Shap::Node& node = nodes[at];
        const bool is_new = node.above == 0;
        const uint32_t place = is_new ? length : entries[node.above];
        const Entry before = path[place];
        for (uint32_t side = 0; side < 2; ++side) {
            const uint32_t edge = 1 + 2 * at + side;
            const double ratio = s[edge];
            entries[edge] = place;
            Entry& mine = path[place];
            mine.source = column_sources[node.column];
            for (size_t l = 0; l < P::kLanes; ++l) {
                mine.factor.lane[l] = points.lane[l] * ratio + 1.0;
                mine.over.lane[l] = ratio / mine.factor.lane[l];
            }
            const uint32_t now = length + (is_new ? 1 : 0);
            if (node.below[side] == 0)
                leave(node.value[side], now);
            else
                visit(node.below[side] - 1, now);
        }
        path[place] = before;
    }
};

template <size_t count>
void pair_group(const Shap& shap, const Shap::Group& group, const double* row,
                const uint32_t* column_sources, size_t source_count, double* out,
                std::byte* scratch) {
    Passes<count> passes = make_passes<count>(shap, group, row, scratch);
    Pairs<count> pairs{.shap = shap,
                       .nodes = nullptr,
                       .column_sources = column_sources,
                       .source_count = source_count,
                       .out = out + group.raw * source_count * source_count,
                       .points = passes.points,
                       .weights = points_of<count>(shap.rules.data()[group.rule].weights),
                       .s = passes.s,
                       .entries = reinterpret_cast<uint32_t*>(passes.above),
                       .path = {}};
    for (uint32_t i = 0; i < group.tree_count; ++i) {
        const Shap::Tree& tree = shap.trees.data()[group.first_tree + i];
        if (tree.node_count == 0) continue;
        pairs.nodes = shap.nodes.data() + tree.first_node;
        passes.follow(pairs.nodes, tree.node_count);
        pairs.visit(0, 0);
    }
}

void interact(const Shap& shap, const double* row, const uint32_t* column_sources,
              size_t source_count, double* out, std::byte* scratch) {
    constexpr auto by_rule = []<size_t... i>(std::index_sequence<i...>) {
        return std::array{pair_group<kShapPoints[i]>...};
    }(std::make_index_sequence<std::size(kShapPoints)>());
    for (const Shap::Group& group : shap.groups)
        by_rule[group.rule](shap, group, row, column_sources, source_count, out, scratch);
    if (shap.walk.divisor != 1)
        for (size_t i = 0; i < shap.walk.raw_count * source_count * source_count; ++i)
            out[i] /= shap.walk.divisor;
}

}  // namespace
}  // namespace quern::score
