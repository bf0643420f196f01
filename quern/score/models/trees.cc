#include "quern/score/models/trees.h"

#include "quern/base/text.h"
#include "quern/score/learned.h"
#include "quern/score/model.h"
#include "quern/score/models/tree_scorer.h"

namespace quern::score {
namespace {

Result<BoundModel> bind_trees(const Buffers& learned, size_t column_count) {
    Trees trees = TRY(unpack_trees(learned, column_count));
    return bind_fastest(trees, column_count);
}

std::string describe_trees(const Buffers& learned) {
    size_t trees = 0, leaves = 0;
    if (auto* counts = find_buffer<uint32_t>(learned, "tree_nodes")) trees = counts->size();
    if (auto* values = find_buffer<double>(learned, "leaf_value")) leaves = values->size();
    return plural(static_cast<int64_t>(trees), "tree") + ", " +
           with_thousands(static_cast<int64_t>(leaves)) +
           (learned.contains("leaf_constant") ? " linear leaves" : " leaves");
}

}  // namespace

QUERN_REGISTER(ModelKind)({
    .name = "trees",
    .summary = "Decision trees added up (boosting) or averaged (forest).",
    .bind = bind_trees,
    .describe = describe_trees,
});

}  // namespace quern::score
