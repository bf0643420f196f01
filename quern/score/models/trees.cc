#include "quern/score/models/trees.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"

namespace quern::score {
namespace {

// The nodes of all trees and, as nodes that lead to themselves, their leaves.
struct Step {
    double threshold = 0;            // of a leaf: its value
    std::array<uint32_t, 2> next{};  // left, right
    uint32_t column = 0;
    uint8_t nan_left = 0;  // what NaN takes, all rules applied
    enum Kind : uint8_t { numeric, zero_is_missing, categorical } kind = numeric;
    uint32_t first_word = 0, word_count = 0;
};

struct Forest {
    std::vector<Step> steps;
    std::vector<uint32_t> roots;   // by tree
    std::vector<uint32_t> depths;  // steps from root to the deepest leaf
    std::vector<uint32_t> categories;
    size_t column_count = 0;
    uint32_t raw_count = 1;
    double divisor = 1;
};

// LightGBM's kZeroThreshold is a float.
constexpr double kZero = 1e-35f;

bool is_in_set(const Forest& forest, const Step& step, double value) {
    // NaN and what no int holds go right, as LightGBM's cast does.
    if (!(value > -1.0 && value < 2147483648.0)) return false;
    auto category = static_cast<uint32_t>(value);
    uint32_t word = category / 32;
    if (word >= step.word_count) return false;
    return (forest.categories[step.first_word + word] >> (category % 32) & 1) != 0;
}

template <bool is_plain>
uint32_t follow(const Forest& forest, uint32_t at, const double* row) {
    const Step& step = forest.steps[at];
    double value = row[step.column];
    bool is_left;
    if (is_plain || step.kind == Step::numeric) {
        is_left = (value <= step.threshold) | ((value != value) & (step.nan_left != 0));
    } else if (step.kind == Step::zero_is_missing) {
        bool is_missing = value != value || (value >= -kZero && value <= kZero);
        is_left = is_missing ? step.nan_left != 0 : value <= step.threshold;
    } else {
        is_left = is_in_set(forest, step, value);
    }
    return step.next[is_left ? 0 : 1];
}

constexpr size_t kLanes = 8;

// Eight walks at once, so that their memory accesses overlap.
template <bool is_plain>
void walk(const Forest& forest, std::array<uint32_t, kLanes>& at,
          const std::array<const double*, kLanes>& rows, uint32_t depth) {
    for (uint32_t level = 0; level < depth; ++level)
        for (size_t lane = 0; lane < kLanes; ++lane)
            at[lane] = follow<is_plain>(forest, at[lane], rows[lane]);
}

// Rows in groups of eight, tree after tree, so that each row adds up in the order of the trees.
template <bool is_plain>
size_t score_groups(const Forest& forest, const double* matrix, size_t row_count, double* raw) {
    size_t full = row_count / kLanes * kLanes;
    std::array<const double*, kLanes> rows;
    std::array<uint32_t, kLanes> at;
    for (size_t first = 0; first < full; first += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane)
            rows[lane] = matrix + (first + lane) * forest.column_count;
        for (size_t tree = 0; tree < forest.roots.size(); ++tree) {
            at.fill(forest.roots[tree]);
            walk<is_plain>(forest, at, rows, forest.depths[tree]);
            double* out = raw + first * forest.raw_count + tree % forest.raw_count;
            for (size_t lane = 0; lane < kLanes; ++lane)
                out[lane * forest.raw_count] += forest.steps[at[lane]].threshold;
        }
    }
    return full;
}

// One row: eight trees at once; their values are added in order.
template <bool is_plain>
void score_row(const Forest& forest, const double* row, double* raw) {
    std::array<const double*, kLanes> rows;
    rows.fill(row);
    size_t tree = 0;
    for (; tree + kLanes <= forest.roots.size(); tree += kLanes) {
        std::array<uint32_t, kLanes> at;
        uint32_t depth = 0;
        for (size_t lane = 0; lane < kLanes; ++lane) {
            at[lane] = forest.roots[tree + lane];
            depth = std::max(depth, forest.depths[tree + lane]);
        }
        walk<is_plain>(forest, at, rows, depth);
        for (size_t lane = 0; lane < kLanes; ++lane)
            raw[(tree + lane) % forest.raw_count] += forest.steps[at[lane]].threshold;
    }
    for (; tree < forest.roots.size(); ++tree) {
        uint32_t at = forest.roots[tree];
        for (uint32_t level = 0; level < forest.depths[tree]; ++level)
            at = follow<is_plain>(forest, at, row);
        raw[tree % forest.raw_count] += forest.steps[at].threshold;
    }
}

template <bool is_plain>
void score_trees(const void* prepared, const double* matrix, size_t row_count, double* raw) {
    const Forest& forest = *static_cast<const Forest*>(prepared);
    std::fill_n(raw, row_count * forest.raw_count, 0.0);
    for (size_t row = score_groups<is_plain>(forest, matrix, row_count, raw); row < row_count;
         ++row)
        score_row<is_plain>(forest, matrix + row * forest.column_count,
                            raw + row * forest.raw_count);
    if (forest.divisor != 1)
        for (size_t i = 0; i < row_count * forest.raw_count; ++i) raw[i] /= forest.divisor;
}

Step make_step(const Trees::Node& node) {
    Step step;
    step.threshold = node.threshold;
    step.column = node.column;
    step.first_word = node.first_word;
    step.word_count = node.word_count;
    // Where NaN is no missing value, LightGBM reads it as zero.
    step.nan_left = node.missing == Missing::none ? 0.0 <= node.threshold : node.default_left;
    if (node.is_categorical)
        step.kind = Step::categorical;
    else if (node.missing == Missing::zero)
        step.kind = Step::zero_is_missing;
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

void add_tree(const Trees::Tree& tree, Forest& forest) {
    auto first = static_cast<uint32_t>(forest.steps.size());
    auto leaves = first + static_cast<uint32_t>(tree.nodes.size());
    auto place = [&](int32_t child) {
        return child >= 0 ? first + static_cast<uint32_t>(child)
                          : leaves + static_cast<uint32_t>(~child);
    };
    for (const Trees::Node& node : tree.nodes) {
        Step step = make_step(node);
        step.next = {place(node.left), place(node.right)};
        forest.steps.push_back(step);
    }
    for (size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
        auto self = leaves + static_cast<uint32_t>(leaf);
        Step step;
        step.threshold = tree.leaves[leaf];
        step.next = {self, self};
        forest.steps.push_back(step);
    }
    forest.roots.push_back(first);
    forest.depths.push_back(depth_of(tree));
}

Result<BoundModel> bind_trees(const Buffers& learned, size_t column_count) {
    Trees trees = TRY(unpack_trees(learned, column_count));
    auto forest = std::make_shared<Forest>();
    forest->column_count = column_count;
    forest->raw_count = trees.raw_count;
    if (trees.is_average && !trees.trees.empty())
        forest->divisor = static_cast<double>(trees.trees.size() / trees.raw_count);
    for (const Trees::Tree& tree : trees.trees) add_tree(tree, *forest);
    forest->categories = std::move(trees.categories);
    bool is_plain = std::all_of(forest->steps.begin(), forest->steps.end(),
                                [](const Step& step) { return step.kind == Step::numeric; });
    return BoundModel{is_plain ? score_trees<true> : score_trees<false>, forest, trees.raw_count,
                      is_plain ? "lockstep, numeric" : "lockstep"};
}

std::string describe_trees(const Buffers& learned) {
    size_t trees = 0, leaves = 0;
    if (auto* counts = find_buffer<uint32_t>(learned, "tree_nodes")) trees = counts->size();
    if (auto* values = find_buffer<double>(learned, "leaf_value")) leaves = values->size();
    return plural(static_cast<int64_t>(trees), "tree") + ", " +
           with_thousands(static_cast<int64_t>(leaves)) + " leaves";
}

}  // namespace

QUERN_REGISTER(ModelKind)({
    .name = "trees",
    .summary = "Decision trees added up (boosting) or averaged (forest).",
    .bind = bind_trees,
    .describe = describe_trees,
});

}  // namespace quern::score
