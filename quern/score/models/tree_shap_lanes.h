// The visit of a tree for its contributions (tree_shap.h), included by one file for each kind of
// processor.
#pragma once

#include "quern/score/models/tree_shap.h"

namespace quern::score {
namespace {

#if defined(__AVX512F__)
constexpr size_t kLaneBytes = 64;
#elif defined(__AVX2__)
constexpr size_t kLaneBytes = 32;
#else
constexpr size_t kLaneBytes = 16;
#endif
constexpr size_t kWidth = kLaneBytes / sizeof(double);

template <size_t count>
struct alignas(64) Points {
    typedef double Lane __attribute__((vector_size(kLaneBytes)));
    Lane lane[count / kWidth];
};

template <size_t count, class F>
__attribute__((always_inline)) inline Points<count> each(F f) {
    Points<count> made;
    for (size_t l = 0; l < count / kWidth; ++l) made.lane[l] = f(l);
    return made;
}

template <size_t count>
struct Visit {
    using P = Points<count>;
    // What the path below a split of this depth has for the split's column.
    struct Factor {
        P inverse;  // 1 / (z + (o - z) * t)
        double own = 0, share = 0;
    };

    const Shap& shap;
    const double* row;
    double* contributions;  // of the tree's raw score, by column
    Factor* factors;        // by depth
    P points, weights;

    static double total(const P& values, const P& weights) {
        auto sum = values.lane[0] * weights.lane[0];
        for (size_t l = 1; l < count / kWidth; ++l) sum += values.lane[l] * weights.lane[l];
        double all = 0;
        for (size_t i = 0; i < kWidth; ++i) all += sum[i];
        return all;
    }

    // The sum over the leaves below an edge of value * product of the path's factors.
    P edge(uint32_t at, bool is_left, bool is_taken, uint32_t depth, const P& product) {
        const Shap::Node& node = shap.nodes.data()[at];
        const Shap::Edge& to = is_left ? node.left : node.right;
        const Factor* above = node.before == 0 ? nullptr : factors + node.before - 1;
        double own = is_taken ? (above == nullptr ? 1.0 : above->own) : 0.0, share = to.share;
        Factor& mine = factors[depth];
        mine.own = own;
        mine.share = share;
        P next = each<count>([&](size_t l) {
            auto factor = share + (own - share) * points.lane[l];
            mine.inverse.lane[l] = 1.0 / factor;
            auto others =
                above == nullptr ? product.lane[l] : product.lane[l] * above->inverse.lane[l];
            return others * factor;
        });
        P sum = below(to.to, depth + 1, next);
        auto share_of = [&](const Factor& factor) {
            P over = each<count>([&](size_t l) { return sum.lane[l] * factor.inverse.lane[l]; });
            return (factor.own - factor.share) * total(over, weights);
        };
        double change = share_of(mine);
        if (above != nullptr) change -= share_of(*above);
        contributions[node.column] += change;
        return sum;
    }

    P below(uint32_t at, uint32_t depth, const P& product) {
        const Walk::Step& step = shap.walk.steps.data()[at];
        if (step.next[0] == at)
            return each<count>([&](size_t l) { return product.lane[l] * step.threshold; });
        bool left = goes_left(shap.walk, step, row[step.column]);
        P one = edge(at, true, left, depth, product);
        P two = edge(at, false, !left, depth, product);
        return each<count>([&](size_t l) { return one.lane[l] + two.lane[l]; });
    }
};

template <size_t count>
void explain_row(const Shap& shap, const double* row, double* contributions, std::byte* scratch) {
    const Walk& walk = shap.walk;
    Visit<count> visit{shap, row, nullptr, nullptr, {}, {}};
    static_assert(sizeof(typename Visit<count>::Factor) == (count + 8) * sizeof(double));
    visit.factors = reinterpret_cast<typename Visit<count>::Factor*>(scratch);
    for (size_t i = 0; i < count; ++i) {
        visit.points.lane[i / kWidth][i % kWidth] = shap.points.data()[i];
        visit.weights.lane[i / kWidth][i % kWidth] = shap.weights.data()[i];
    }
    auto ones = each<count>([](size_t) { return typename Points<count>::Lane{} + 1.0; });
    for (size_t tree = 0; tree < walk.roots.size(); ++tree) {
        visit.contributions = contributions + tree % walk.raw_count * walk.column_count;
        visit.below(walk.roots.data()[tree], 0, ones);
    }
    if (walk.divisor != 1)
        for (size_t i = 0; i < walk.raw_count * walk.column_count; ++i)
            contributions[i] /= walk.divisor;
}

void explain(const Shap& shap, const double* row, double* contributions, std::byte* scratch) {
    if (shap.points.size() == 8)
        explain_row<8>(shap, row, contributions, scratch);
    else if (shap.points.size() == 16)
        explain_row<16>(shap, row, contributions, scratch);
    else
        explain_row<32>(shap, row, contributions, scratch);
}

}  // namespace
}  // namespace quern::score
