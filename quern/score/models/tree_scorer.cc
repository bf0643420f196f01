#include "quern/score/models/tree_scorer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "quern/score/models/tree_kernel.h"
#include "quern/score/models/tree_walk.h"

namespace quern::score {
namespace {

constexpr std::string_view kWalk = "lockstep";
constexpr size_t kNever = std::numeric_limits<size_t>::max();

struct TreeScorer {
    std::optional<Forest> forest;
    Walk walk;
    const BlockKernel* block = nullptr;
    size_t block_rows_min = kNever;  // fewer rows than that are walked
};

void score_trees(const void* prepared, const double* matrix, size_t row_count, double* raw,
                 std::byte* scratch) {
    const auto& trees = *static_cast<const TreeScorer*>(prepared);
    if (row_count < trees.block_rows_min)
        score_walk(trees.walk, matrix, row_count, raw);
    else
        trees.block->score(*trees.forest, matrix, row_count, raw, scratch);
}

std::shared_ptr<TreeScorer> prepare(const Trees& trees, size_t column_count) {
    auto scorer = std::make_shared<TreeScorer>();
    scorer->forest = make_forest(trees, column_count);
    scorer->walk = make_walk(trees, column_count);
    return scorer;
}

BoundModel bound(std::shared_ptr<TreeScorer> scorer, std::string kernel) {
    BoundModel model;
    model.score = score_trees;
    model.raw_count = scorer->walk.raw_count;
    model.kernel = std::move(kernel);
    if (scorer->block != nullptr) model.scratch_bytes = block_scratch_bytes(*scorer->forest);
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

// Times kernels on the same rows: the best of a few runs, in seconds.
class Timer {
public:
    Timer(const TreeScorer& scorer, const Trees& trees, size_t column_count)
        : rows_(sample_rows(trees, column_count, kBlockRowsMax)),
          raw_(kBlockRowsMax * trees.raw_count) {
        BoundModel memory;
        memory.scratch_bytes = block_scratch_bytes(*scorer.forest);
        scratch_ = make_model_scratch(memory);
    }
    double block(const TreeScorer& scorer, const BlockKernel& kernel, size_t row_count) {
        return best([&] {
            kernel.score(*scorer.forest, rows_.data(), row_count, raw_.data(), scratch_.get());
        });
    }
    double walk(const TreeScorer& scorer, size_t row_count) {
        return best([&] { score_walk(scorer.walk, rows_.data(), row_count, raw_.data()); });
    }

private:
    template <class F>
    double best(F run) {
        double seconds = HUGE_VAL;
        for (int i = 0; i < 3; ++i) {
            auto start = std::chrono::steady_clock::now();
            run();
            std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
            seconds = std::min(seconds, taken.count());
        }
        return seconds;
    }
    std::vector<double> rows_, raw_;
    ModelScratch scratch_;
};

// A later kernel must beat the earlier ones clearly: the clock is not exact.
constexpr double kClearly = 0.9;

const BlockKernel* fastest_block(const TreeScorer& scorer, Timer& timer) {
    const BlockKernel* best = nullptr;
    double best_seconds = HUGE_VAL;
    for (const BlockKernel* kernel : block_kernels()) {
        if (!kernel->is_supported()) continue;
        double seconds = timer.block(scorer, *kernel, kBlockRowsMax);
        if (seconds > best_seconds * kClearly) continue;
        best = kernel;
        best_seconds = seconds;
    }
    return best;
}

}  // namespace

BoundModel bind_fastest(const Trees& trees, size_t column_count) {
    auto scorer = prepare(trees, column_count);
    if (!scorer->forest || column_count == 0) return bound(scorer, std::string(kWalk));
    Timer timer(*scorer, trees, column_count);
    const BlockKernel* block = fastest_block(*scorer, timer);
    constexpr size_t kSomeRows = 8, kBlock = 64;
    double walk_row = timer.walk(*scorer, kSomeRows) / kSomeRows;
    double few = timer.block(*scorer, *block, kBlock);
    double many = timer.block(*scorer, *block, kBlockRowsMax);
    if (many < walk_row * kBlockRowsMax) {
        scorer->block = block;
        scorer->block_rows_min = kBlock + 1;
        if (few < walk_row * kBlock)
            scorer->block_rows_min = std::max<size_t>(2, static_cast<size_t>(few / walk_row) + 1);
    }
    if (scorer->block == nullptr) return bound(scorer, std::string(kWalk));
    return bound(scorer, std::string(kWalk) + "; from " + std::to_string(scorer->block_rows_min) +
                             " rows blocks, " + block->name);
}

std::vector<std::string_view> tree_kernels(const Trees& trees, size_t column_count) {
    std::vector<std::string_view> names{kWalk};
    if (!make_forest(trees, column_count)) return names;
    for (const BlockKernel* kernel : block_kernels())
        if (kernel->is_supported()) names.push_back(kernel->name);
    return names;
}

BoundModel bind_kernel(const Trees& trees, size_t column_count, std::string_view name) {
    auto scorer = prepare(trees, column_count);
    for (const BlockKernel* kernel : block_kernels()) {
        if (kernel->name != name) continue;
        scorer->block = kernel;
        scorer->block_rows_min = 0;
    }
    return bound(scorer, std::string(name));
}

}  // namespace quern::score
