// The lane kernel for AVX2.
#ifdef __x86_64__
#include "quern/score/models/lanes_kernel.h"

namespace quern::score {

extern const LaneKernel kLanesAvx2;
const LaneKernel kLanesAvx2{"AVX2", has_avx2, squared_distances, weighted_sums, weighted_sums_8};

}  // namespace quern::score

#endif
