// The lockstep kernel: walks eight rows, or eight trees of one row, side by side over the values
// themselves. It takes trees of any size and needs no memory of its own.
#include "quern/score/models/tree_walk.h"

#include <algorithm>
#include <array>

namespace quern::score {
namespace {

// LightGBM's kZeroThreshold is a float.
constexpr double kZero = 1e-35f;

bool is_in_set(const Walk& walk, const Walk::Step& step, double value) {
    // NaN and what no int holds go right, as LightGBM's cast does.
    if (!(value > -1.0 && value < 2147483648.0)) return false;
    auto category = static_cast<uint32_t>(value);
    uint32_t word = category / 32;
    if (word >= step.word_count) return false;
    return (walk.categories[step.first_word + word] >> (category % 32) & 1) != 0;
}

template <bool is_plain>
bool is_left(const Walk& walk, const Walk::Step& step, double value) {
    if (is_plain || step.kind == Walk::Step::numeric)
        return (value <= step.threshold) | ((value != value) & (step.nan_left != 0));
    if (step.kind == Walk::Step::categorical) return is_in_set(walk, step, value);
    bool is_missing = value != value || (value >= -kZero && value <= kZero);
    return is_missing ? step.nan_left != 0 : value <= step.threshold;
}

template <bool is_plain>
uint32_t follow(const Walk& walk, uint32_t at, const double* row) {
    const Walk::Step& step = walk.steps[at];
    return step.next[is_left<is_plain>(walk, step, row[step.column]) ? 0 : 1];
}

// What leaves hold: a number, a sum over the row, or a float that is added to floats.
enum class Leaves : uint8_t { plain, linear, floats };

// What a row takes from the leaf that it ended in.
template <Leaves leaves>
double leaf_value(const Walk& walk, const Walk::Step& step, const double* row) {
    if (leaves != Leaves::linear) return step.threshold;
    const Walk::LinearLeaf& leaf = walk.linear[step.first_word];
    double sum = leaf.constant;
    for (uint32_t i = leaf.first_term; i < leaf.first_term + leaf.term_count; ++i) {
        const double value = row[walk.terms[i].column];
        if (value != value) return step.threshold;
        sum += walk.terms[i].weight * value;
    }
    return sum;
}

// The sum of two floats is that of doubles, rounded: doubles hold more than twice as many bits.
template <Leaves leaves>
void add_leaf(const Walk& walk, const Walk::Step& step, const double* row, double& sum) {
    sum += leaf_value<leaves>(walk, step, row);
    if (leaves == Leaves::floats) sum = static_cast<double>(static_cast<float>(sum));
}

constexpr size_t kLanes = 8;

// Eight walks at once, so that their memory accesses overlap.
template <bool is_plain>
void step_down(const Walk& walk, std::array<uint32_t, kLanes>& at,
               const std::array<const double*, kLanes>& rows, uint32_t depth) {
    for (uint32_t level = 0; level < depth; ++level)
        for (size_t lane = 0; lane < kLanes; ++lane)
            at[lane] = follow<is_plain>(walk, at[lane], rows[lane]);
}

// Rows in groups of eight, tree after tree, so that each row adds up in the order of the trees.
template <bool is_plain, Leaves leaves>
size_t score_groups(const Walk& walk, const double* matrix, size_t row_count, double* raw) {
    size_t full = row_count / kLanes * kLanes;
    std::array<const double*, kLanes> rows;
    std::array<uint32_t, kLanes> at;
    for (size_t first = 0; first < full; first += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane)
            rows[lane] = matrix + (first + lane) * walk.column_count;
        for (size_t tree = 0; tree < walk.roots.size(); ++tree) {
            at.fill(walk.roots[tree]);
            step_down<is_plain>(walk, at, rows, walk.depths[tree]);
            double* out = raw + first * walk.raw_count + tree % walk.raw_count;
            for (size_t lane = 0; lane < kLanes; ++lane)
                add_leaf<leaves>(walk, walk.steps[at[lane]], rows[lane],
                                 out[lane * walk.raw_count]);
        }
    }
    return full;
}

// One row: eight trees at once; their values are added in order.
template <bool is_plain, Leaves leaves>
void score_row(const Walk& walk, const double* row, double* raw) {
    std::array<const double*, kLanes> rows;
    rows.fill(row);
    size_t tree = 0;
    for (; tree + kLanes <= walk.roots.size(); tree += kLanes) {
        std::array<uint32_t, kLanes> at;
        uint32_t depth = 0;
        for (size_t lane = 0; lane < kLanes; ++lane) {
            at[lane] = walk.roots[tree + lane];
            depth = std::max(depth, walk.depths[tree + lane]);
        }
        step_down<is_plain>(walk, at, rows, depth);
        for (size_t lane = 0; lane < kLanes; ++lane)
            add_leaf<leaves>(walk, walk.steps[at[lane]], row, raw[(tree + lane) % walk.raw_count]);
    }
    for (; tree < walk.roots.size(); ++tree) {
        uint32_t at = walk.roots[tree];
        for (uint32_t level = 0; level < walk.depths[tree]; ++level)
            at = follow<is_plain>(walk, at, row);
        add_leaf<leaves>(walk, walk.steps[at], row, raw[tree % walk.raw_count]);
    }
}

template <bool is_plain, Leaves leaves>
void score_trees(const Walk& walk, const double* matrix, size_t row_count, double* raw) {
    std::fill_n(raw, row_count * walk.raw_count, 0.0);
    for (size_t row = score_groups<is_plain, leaves>(walk, matrix, row_count, raw); row < row_count;
         ++row)
        score_row<is_plain, leaves>(walk, matrix + row * walk.column_count,
                                    raw + row * walk.raw_count);
    if (walk.divisor == 1) return;
    for (size_t i = 0; i < row_count * walk.raw_count; ++i) {
        raw[i] /= walk.divisor;
        if (leaves == Leaves::floats) raw[i] = static_cast<double>(static_cast<float>(raw[i]));
    }
}

Walk::Step make_step(const Trees::Node& node) {
    Walk::Step step;
    step.threshold = node.threshold;
    step.column = node.column;
    step.first_word = node.first_word;
    step.word_count = node.word_count;
    // Where NaN is no missing value, LightGBM reads it as zero.
    step.nan_left = node.missing == Missing::none ? 0.0 <= node.threshold : node.default_left;
    if (node.is_categorical)
        step.kind = Walk::Step::categorical;
    else if (node.missing == Missing::zero)
        step.kind = Walk::Step::zero_is_missing;
    return step;
}

uint32_t depth_of(const Trees::Tree& tree) {
    // Children come after their parents, so one pass settles all depths.
    std::vector<uint32_t> level(tree.nodes.size(), 0);
    uint32_t deepest = 0;
    for (size_t i = 0; i < tree.nodes.size(); ++i) {
        for (int32_t child : {tree.nodes[i].left, tree.nodes[i].right})
            if (child >= 0)
                level[static_cast<size_t>(child)] =
                    std::max(level[static_cast<size_t>(child)], level[i] + 1);
        deepest = std::max(deepest, level[i] + 1);
    }
    return deepest;
}

void add_linear(const Trees::Tree& tree, Walk& walk) {
    for (size_t i = 0; i < tree.leaves.size(); ++i) {
        Walk::LinearLeaf leaf{tree.leaves[i], static_cast<uint32_t>(walk.terms.size()), 0};
        if (!tree.linear.empty()) {
            leaf.constant = tree.linear[i].constant;
            leaf.term_count = static_cast<uint32_t>(tree.linear[i].terms.size());
            walk.terms.insert(walk.terms.end(), tree.linear[i].terms.begin(),
                              tree.linear[i].terms.end());
        }
        walk.linear.push_back(leaf);
    }
}

void add_tree(const Trees::Tree& tree, bool is_linear, Walk& walk) {
    auto first = static_cast<uint32_t>(walk.steps.size());
    auto leaves = first + static_cast<uint32_t>(tree.nodes.size());
    auto place = [&](int32_t child) {
        return child >= 0 ? first + static_cast<uint32_t>(child)
                          : leaves + static_cast<uint32_t>(~child);
    };
    for (const Trees::Node& node : tree.nodes) {
        Walk::Step step = make_step(node);
        step.next = {place(node.left), place(node.right)};
        walk.steps.push_back(step);
    }
    auto first_leaf = static_cast<uint32_t>(walk.linear.size());
    if (is_linear) add_linear(tree, walk);
    for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
        auto self = leaves + static_cast<uint32_t>(leaf);
        Walk::Step step;
        step.threshold = tree.leaves[leaf];
        step.next = {self, self};
        step.first_word = first_leaf + static_cast<uint32_t>(leaf);
        walk.steps.push_back(step);
    }
    walk.roots.push_back(first);
    walk.depths.push_back(depth_of(tree));
}

}  // namespace

bool goes_left(const Walk& walk, const Walk::Step& step, double value) {
    return is_left<false>(walk, step, value);
}

Walk make_walk(const Trees& trees, size_t column_count) {
    Walk walk;
    walk.column_count = column_count;
    walk.raw_count = trees.raw_count;
    walk.is_float32 = trees.is_float32;
    if (trees.is_average && !trees.trees.empty())
        walk.divisor = static_cast<double>(trees.trees.size() / trees.raw_count);
    const bool is_linear = has_linear_leaves(trees);
    for (const Trees::Tree& tree : trees.trees) add_tree(tree, is_linear, walk);
    walk.categories = trees.categories;
    walk.is_plain = std::all_of(walk.steps.begin(), walk.steps.end(), [](const Walk::Step& step) {
        return step.kind == Walk::Step::numeric;
    });
    return walk;
}

void score_walk(const Walk& walk, const double* matrix, size_t row_count, double* raw) {
    if (!walk.linear.empty())
        score_trees<false, Leaves::linear>(walk, matrix, row_count, raw);
    else if (walk.is_float32)
        walk.is_plain ? score_trees<true, Leaves::floats>(walk, matrix, row_count, raw)
                      : score_trees<false, Leaves::floats>(walk, matrix, row_count, raw);
    else if (walk.is_plain)
        score_trees<true, Leaves::plain>(walk, matrix, row_count, raw);
    else
        score_trees<false, Leaves::plain>(walk, matrix, row_count, raw);
}

}  // namespace quern::score
