#include "quern/score/models/tree_scorer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "quern/score/models/tree_kernel.h"
#include "quern/score/models/tree_shap.h"
#include "quern/score/models/tree_walk.h"

namespace quern::score {
namespace {

constexpr std::string_view kLockstep = "lockstep", kRows = "rows, ", kBlocks = "blocks, ";
constexpr size_t kNever = std::numeric_limits<size_t>::max();

struct TreeScorer {
    std::optional<Forest> forest;
    std::optional<Treelets> treelets;
    Walk walk;
    std::optional<Shap> shap;
    std::optional<Background> background;  // then it explains
    const RowKernel* row = nullptr;        // else rows are walked
    const BlockKernel* block = nullptr;    // for batches of block_rows_min and more
    size_t block_rows_min = kNever;
};

void score_trees(const void* prepared, const double* matrix, size_t row_count, double* raw,
                 std::byte* scratch) {
    const auto& trees = *static_cast<const TreeScorer*>(prepared);
    if (row_count >= trees.block_rows_min)
        trees.block->score(*trees.forest, matrix, row_count, raw, scratch);
    else if (trees.row != nullptr)
        trees.row->score(*trees.forest, *trees.treelets, matrix, row_count, raw, scratch);
    else
        score_walk(trees.walk, matrix, row_count, raw);
}

void explain_trees(const void* prepared, const double* row, double* contributions,
                   std::byte* scratch) {
    const Shap& shap = *static_cast<const TreeScorer*>(prepared)->shap;
    std::fill_n(contributions, shap.walk.raw_count * shap.walk.column_count, 0.0);
    shap_kernel().explain(shap, row, contributions, scratch);
}

void compare_trees(const void* prepared, const double* row, double* contributions,
                   std::byte* scratch) {
    const Background& background = *static_cast<const TreeScorer*>(prepared)->background;
    std::fill_n(contributions, background.walk.raw_count * background.walk.column_count, 0.0);
    shap_kernel().compare(background, row, contributions, scratch);
}

void interact_trees(const void* prepared, const double* row, const uint32_t* column_sources,
                    size_t source_count, double* out, std::byte* scratch) {
    const Shap& shap = *static_cast<const TreeScorer*>(prepared)->shap;
    std::fill_n(out, shap.walk.raw_count * source_count * source_count, 0.0);
    shap_kernel().interact(shap, row, column_sources, source_count, out, scratch);
}

std::shared_ptr<TreeScorer> prepare(const Trees& trees, size_t column_count) {
    auto scorer = std::make_shared<TreeScorer>();
    const bool is_linear = has_linear_leaves(trees);  // walked, and not explained
    if (!is_linear) scorer->forest = make_forest(trees, column_count);
    if (scorer->forest) scorer->treelets = make_treelets(trees, *scorer->forest);
    scorer->walk = make_walk(trees, column_count);
    if (is_linear) return scorer;
    scorer->background = make_background(trees, column_count);
    if (trees.background.empty()) scorer->shap = make_shap(trees, column_count);
    return scorer;
}

size_t scratch_bytes(const TreeScorer& scorer) {
    size_t size = 0;
    if (scorer.block != nullptr) size = block_scratch_bytes(*scorer.forest);
    if (scorer.row != nullptr) size = std::max(size, row_scratch_bytes(*scorer.treelets));
    return size;
}

// Says what was chosen and drops what was not.
BoundModel bound(std::shared_ptr<TreeScorer> scorer) {
    BoundModel model;
    model.score = score_trees;
    model.raw_count = scorer->walk.raw_count;
    model.scratch_bytes = scratch_bytes(*scorer);
    bool is_always_block = scorer->block_rows_min <= 1;
    if (!is_always_block)
        model.kernel =
            scorer->row ? std::string(kRows) + scorer->row->name : std::string(kLockstep);
    if (scorer->block != nullptr) {
        if (!is_always_block)
            model.kernel += "; from " + std::to_string(scorer->block_rows_min) + " rows on ";
        model.kernel += std::string(kBlocks) + scorer->block->name;
    }
    if (scorer->shap) {
        model.explain = explain_trees;
        model.interact = interact_trees;
        model.expected = scorer->shap->expected;
        model.scratch_bytes = std::max(model.scratch_bytes, shap_scratch_bytes(*scorer->shap));
    }
    if (scorer->background) {
        model.explain = compare_trees;
        model.expected = scorer->background->expected;
        model.scratch_bytes =
            std::max(model.scratch_bytes, background_scratch_bytes(*scorer->background));
    }
    if (scorer->row != nullptr || is_always_block) scorer->walk = {};
    if (scorer->row == nullptr) scorer->treelets.reset();
    if (scorer->row == nullptr && scorer->block == nullptr) scorer->forest.reset();
    model.prepared = std::move(scorer);
    return model;
}

// Rows of values at and beside the model's own thresholds: every branch has its visitors.
std::vector<double> sample_rows(const Trees& trees, size_t column_count, size_t row_count) {
    std::vector<std::vector<double>> seen(column_count);
    for (const Trees::Tree& tree : trees.trees)
        for (const Trees::Node& node : tree.nodes)
            seen[node.column].push_back(node.is_categorical ? node.word_count * 16.0
                                                            : node.threshold);
    std::minstd_rand random(1);
    std::vector<double> rows(row_count * column_count);
    for (size_t i = 0; i < rows.size(); ++i) {
        const std::vector<double>& values = seen[i % column_count];
        if (values.empty()) continue;
        double value = values[random() % values.size()];
        rows[i] = random() % 2 == 0 ? value : std::nextafter(value, HUGE_VAL);
    }
    return rows;
}

constexpr size_t kFewRows = 16;

// Seconds of a way to score, on the same rows: the best of a few runs.
class Timer {
public:
    Timer(const Trees& trees, size_t column_count)
        : rows_(sample_rows(trees, column_count, kBlockRowsMax)),
          raw_(kBlockRowsMax * trees.raw_count) {}

    // One that takes three times as long as the best so far is not run again.
    double time(TreeScorer& scorer, size_t row_count, double best_seconds = HUGE_VAL) {
        BoundModel memory;
        memory.scratch_bytes = scratch_bytes(scorer);
        ModelScratch scratch = make_model_scratch(memory);
        double seconds = HUGE_VAL;
        for (int i = 0; i < 3; ++i) {
            auto start = std::chrono::steady_clock::now();
            score_trees(&scorer, rows_.data(), row_count, raw_.data(), scratch.get());
            std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            seconds = std::min(seconds, taken.count());
            if (seconds > 3 * best_seconds) break;
        }
        return seconds;
    }

private:
    std::vector<double> rows_, raw_;
};

// Leaves the fastest candidate in `chosen`; a later one must be clearly faster than what is
// there, also when that is timed once more: the clock is not exact, and the machine may be busy.
template <class Kernel>
double choose(TreeScorer& scorer, Timer& timer, const std::vector<const Kernel*>& candidates,
              const Kernel*& chosen, size_t row_count, double best_seconds) {
    constexpr double kClearly = 0.9;
    const Kernel* best = chosen;
    for (const Kernel* candidate : candidates) {
        chosen = candidate;
        double seconds = timer.time(scorer, row_count, best_seconds);
        if (seconds > best_seconds * kClearly) continue;
        if (best != nullptr) {
            chosen = best;
            best_seconds = std::min(best_seconds, timer.time(scorer, row_count));
            if (seconds > best_seconds * kClearly) continue;
        }
        best = candidate;
        best_seconds = seconds;
    }
    chosen = best;
    return best_seconds;
}

}  // namespace

BoundModel bind_fastest(const Trees& trees, size_t column_count) {
    auto scorer = prepare(trees, column_count);
    if (!scorer->forest || column_count == 0) return bound(scorer);
    Timer timer(trees, column_count);
    double few = timer.time(*scorer, kFewRows);
    if (scorer->treelets) few = choose(*scorer, timer, row_kernels(), scorer->row, kFewRows, few);
    double row = few / kFewRows;
    scorer->block_rows_min = 1;
    choose(*scorer, timer, block_kernels(), scorer->block, kBlockRowsMax, row * kBlockRowsMax);
    if (scorer->block == nullptr) {
        scorer->block_rows_min = kNever;
    } else {
        double block = timer.time(*scorer, 64);
        scorer->block_rows_min = std::clamp<size_t>(static_cast<size_t>(block / row) + 1, 2, 65);
    }
    return bound(scorer);
}

std::vector<std::string> tree_kernels(const Trees& trees, size_t column_count) {
    auto scorer = prepare(trees, column_count);
    std::vector<std::string> names{std::string(kLockstep)};
    if (scorer->treelets)
        for (const RowKernel* kernel : row_kernels())
            names.push_back(std::string(kRows) + kernel->name);
    if (scorer->forest)
        for (const BlockKernel* kernel : block_kernels())
            names.push_back(std::string(kBlocks) + kernel->name);
    return names;
}

BoundModel bind_kernel(const Trees& trees, size_t column_count, std::string_view name) {
    auto scorer = prepare(trees, column_count);
    for (const RowKernel* kernel : row_kernels())
        if (name == std::string(kRows) + kernel->name) scorer->row = kernel;
    for (const BlockKernel* kernel : block_kernels()) {
        if (name != std::string(kBlocks) + kernel->name) continue;
        scorer->block = kernel;
        scorer->block_rows_min = 1;
    }
    return bound(scorer);
}

}  // namespace quern::score
