#include "quern/train/background.h"

#include <algorithm>
#include <random>

#include "quern/score/models/trees.h"

namespace quern::train {
namespace {

// In their order.
std::vector<size_t> draw(size_t row_count, size_t count, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<size_t> drawn;
    for (size_t row = 0; row < row_count && drawn.size() < count; ++row)
        if (random() % (row_count - row) < count - drawn.size()) drawn.push_back(row);
    return drawn;
}

}  // namespace

Status keep_background(const project::Explain& explain, const FitInput& input,
                       score::FittedModel& model) {
    if (explain.kind != "interventional") return {};
    if (model.kind == "linear" || model.kind == "constant") return {};
    const auto& matrix = input.lesson.matrix;
    score::Trees trees;
    if (model.kind == "trees")
        trees = TRY(score::unpack_trees(model.learned, matrix.column_count()));
    if (model.kind != "trees" || has_linear_leaves(trees)) {
        return invalid_argument(
                   "`explain: interventional` is for models of trees without linear leaves, "
                   "and for linear ones")
            .at(explain.place.text())
            .hint("take `explain` out, or use gbdt without linear_tree");
    }
    const auto count = static_cast<size_t>(explain.background);
    for (const size_t row : draw(matrix.row_count, count, input.seed))
        trees.background.insert(trees.background.end(), matrix.row(row),
                                matrix.row(row) + matrix.column_count());
    model = score::pack(trees);
    return {};
}

}  // namespace quern::train
