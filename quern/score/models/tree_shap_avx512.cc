// Contributions of columns to the score of trees, for AVX-512.
#ifdef __x86_64__
#include "quern/score/models/tree_background_lanes.h"
#include "quern/score/models/tree_shap_pairs.h"

namespace quern::score {

extern const ShapKernel kShapAvx512;
const ShapKernel kShapAvx512{"AVX-512", has_avx512, explain, interact, compare};

}  // namespace quern::score

#endif
