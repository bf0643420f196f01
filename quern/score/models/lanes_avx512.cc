// The lane kernel for AVX-512.
#ifdef __x86_64__
#include "quern/score/models/lanes_kernel.h"

namespace quern::score {

extern const LaneKernel kLanesAvx512;
const LaneKernel kLanesAvx512{
    "AVX-512",
    [] {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
    },
    squared_distances, weighted_sums, weighted_sums_8};

}  // namespace quern::score

#endif
