#include "quern/score/models/tree_shap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace quern::score {

extern const ShapKernel kShapPlain;
#ifdef __x86_64__
extern const ShapKernel kShapAvx2, kShapAvx512;
#endif

namespace {

constexpr double kShareMin = 1e-12;  // of branches that no row of the training took

// Points and weights of Gauss and Legendre on [0, 1]: roots of a Legendre polynomial by Newton.
void set_points(size_t count, Shap& shap) {
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
        shap.points.push_back((1 + x) / 2);
        shap.weights.push_back(1 / ((1 - x * x) * slope * slope));
    }
}

struct Above {
    uint32_t column;
    double share;
};

struct Maker {
    const Trees::Tree& tree;
    uint32_t first_step;
    Shap& shap;
    std::vector<double> covers;    // by node
    std::vector<uint32_t> depths;  // by node
    std::vector<int32_t> parents;  // by node
    size_t columns_max = 0;        // different ones on a path

    double cover_of(int32_t child) const {
        return child >= 0 ? covers[static_cast<size_t>(child)]
                          : tree.covers[static_cast<size_t>(~child)];
    }

    bool make() {
        size_t count = tree.nodes.size();
        covers.assign(count, 0);
        depths.assign(count, 0);
        parents.assign(count, -1);
        for (size_t i = count; i-- > 0;)
            covers[i] = cover_of(tree.nodes[i].left) + cover_of(tree.nodes[i].right);
        for (size_t i = 0; i < count; ++i) {
            for (int32_t child : {tree.nodes[i].left, tree.nodes[i].right}) {
                if (child < 0) continue;
                parents[static_cast<size_t>(child)] = static_cast<int32_t>(i);
                depths[static_cast<size_t>(child)] = depths[i] + 1;
            }
            if (depths[i] >= kShapDepthMax) return false;
            shap.depth_max = std::max(shap.depth_max, depths[i] + 1);
            add(i);
        }
        return true;
    }

    // Looks up the path for the column's last split, and counts the path's different columns.
    void add(size_t i) {
        const Trees::Node& node = tree.nodes[i];
        Shap::Node& made = shap.nodes[first_step + i];
        double share = 1;
        std::vector<uint32_t> columns{node.column};
        size_t below = i;
        for (int32_t up = parents[i]; up >= 0; up = parents[static_cast<size_t>(up)]) {
            auto at = static_cast<size_t>(up);
            columns.push_back(tree.nodes[at].column);
            if (tree.nodes[at].column == node.column && made.before == 0) {
                bool is_left = tree.nodes[at].left == static_cast<int32_t>(below);
                const Shap::Node& above = shap.nodes[first_step + at];
                share = is_left ? above.left.share : above.right.share;
                made.before = depths[at] + 1;
            }
            below = at;
        }
        std::sort(columns.begin(), columns.end());
        columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
        columns_max = std::max(columns_max, columns.size());
        made.column = node.column;
        auto edge = [&](int32_t child, uint32_t to) {
            double part = covers[i] > 0 ? cover_of(child) / covers[i] : 0.5;
            return Shap::Edge{std::max(share * part, kShareMin), to};
        };
        const Walk::Step& step = shap.walk.steps[first_step + i];
        made.left = edge(node.left, step.next[0]);
        made.right = edge(node.right, step.next[1]);
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

}  // namespace

std::optional<Shap> make_shap(const Trees& trees, size_t column_count) {
    Shap shap;
    shap.walk = make_walk(trees, column_count);
    shap.nodes.resize(shap.walk.steps.size());
    shap.expected.assign(trees.raw_count, 0);
    size_t columns_max = 1;
    for (size_t i = 0; i < trees.trees.size(); ++i) {
        const Trees::Tree& tree = trees.trees[i];
        if (tree.covers.size() != tree.leaves.size()) return std::nullopt;
        Maker maker{tree, shap.walk.roots[i], shap, {}, {}, {}};
        if (!maker.make()) return std::nullopt;
        columns_max = std::max(columns_max, maker.columns_max);
        shap.expected[i % trees.raw_count] += maker.expected() / shap.walk.divisor;
    }
    size_t point_count = 8;  // exact for paths of up to twice as many columns
    while (2 * point_count < columns_max) point_count *= 2;
    if (point_count > kShapPointsMax) return std::nullopt;
    set_points(point_count, shap);
    return shap;
}

size_t shap_scratch_bytes(const Shap& shap) {
    return size_t{shap.depth_max} * (shap.points.size() + 8) * sizeof(double);
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
