// The row kernel for AVX2, which finds bins faster.
#ifdef __x86_64__
#include "quern/score/models/tree_row.h"

namespace quern::score {

extern const RowKernel kRowAvx2;
const RowKernel kRowAvx2{
    "AVX2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"); },
    score_each_row<RowWalk>};

}  // namespace quern::score

#endif
