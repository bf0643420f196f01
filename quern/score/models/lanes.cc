#include "quern/score/models/lanes.h"

namespace quern::score {

extern const LaneKernel kLanesPlain;
#ifdef __x86_64__
extern const LaneKernel kLanesAvx2, kLanesAvx512;
#endif

std::vector<const LaneKernel*> lane_kernels() {
#ifdef __x86_64__
    std::vector<const LaneKernel*> kernels{&kLanesAvx512, &kLanesAvx2, &kLanesPlain};
    std::erase_if(kernels, [](const LaneKernel* kernel) { return !kernel->is_supported(); });
    return kernels;
#else
    return {&kLanesPlain};
#endif
}

}  // namespace quern::score
