// The row kernel for AVX2, which finds bins faster.
#ifdef __x86_64__
#include "quern/score/models/processor.h"
#include "quern/score/models/tree_row.h"

namespace quern::score {

extern const RowKernel kRowAvx2;
const RowKernel kRowAvx2{"AVX2", has_avx2, score_each_row<RowWalk>};

}  // namespace quern::score

#endif
