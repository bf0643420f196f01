#include "quern/score/models/tree_kernel.h"

namespace quern::score {

extern const BlockKernel kBlockPlain;
#ifdef __x86_64__
extern const BlockKernel kBlockAvx2, kBlockAvx512;
#endif

BlockKernels block_kernels() {
    static const BlockKernel* const all[] = {
#ifdef __x86_64__
        &kBlockAvx512,
        &kBlockAvx2,
#endif
        &kBlockPlain,
    };
    return {all, sizeof(all) / sizeof(all[0])};
}

size_t block_scratch_bytes(const Forest& forest) {
    size_t words = forest.slots.size() * 8 + forest.test_count + forest.node_count_max + 10;
    return words * (kBlockRowsMax / 8) + 2 * kBlockTrees * kBlockRowsMax;
}

}  // namespace quern::score
