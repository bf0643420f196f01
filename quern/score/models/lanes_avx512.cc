// The lane kernel for AVX-512.
#ifdef __x86_64__
#include "quern/score/models/lanes_kernel.h"

namespace quern::score {

extern const LaneKernel kLanesAvx512;
const LaneKernel kLanesAvx512{"AVX-512", has_avx512, squared_distances, weighted_sums,
                              weighted_sums_8};

}  // namespace quern::score

#endif
