// Contributions of columns to the score of trees, for AVX2.
#ifdef __x86_64__
#include "quern/score/models/tree_background_lanes.h"
#include "quern/score/models/tree_shap_pairs.h"

namespace quern::score {

extern const ShapKernel kShapAvx2;
const ShapKernel kShapAvx2{"AVX2", has_avx2, explain, interact, compare};

}  // namespace quern::score

#endif
