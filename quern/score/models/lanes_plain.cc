// The lane kernel for any processor.
#include "quern/score/models/lanes_kernel.h"

namespace quern::score {

extern const LaneKernel kLanesPlain;
const LaneKernel kLanesPlain{"plain", [] { return true; }, squared_distances, weighted_sums,
                             weighted_sums_8};

}  // namespace quern::score
