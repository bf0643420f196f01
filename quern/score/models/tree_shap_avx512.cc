// Contributions of columns to the score of trees, for AVX-512.
#ifdef __x86_64__
#include "quern/score/models/tree_background_lanes.h"
#include "quern/score/models/tree_shap_pairs.h"

namespace quern::score {

extern const ShapKernel kShapAvx512;
const ShapKernel kShapAvx512{
    "AVX-512",
    [] {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
    },
    explain, interact, compare};

}  // namespace quern::score

#endif
