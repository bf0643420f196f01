#include "quern/score/models/tree_kernel.h"

namespace quern::score {

extern const BlockKernel kBlockPlain;
extern const RowKernel kRowPlain;
#ifdef __x86_64__
extern const BlockKernel kBlockAvx2, kBlockAvx512;
extern const RowKernel kRowAvx2, kRowAvx512;
#endif

namespace {

template <class Kernel>
std::vector<const Kernel*> supported(std::vector<const Kernel*> kernels) {
    std::erase_if(kernels, [](const Kernel* kernel) { return !kernel->is_supported(); });
    return kernels;
}

}  // namespace

std::vector<const BlockKernel*> block_kernels() {
#ifdef __x86_64__
    return supported<BlockKernel>({&kBlockAvx512, &kBlockAvx2, &kBlockPlain});
#else
    return {&kBlockPlain};
#endif
}

std::vector<const RowKernel*> row_kernels() {
#ifdef __x86_64__
    return supported<RowKernel>({&kRowAvx512, &kRowAvx2, &kRowPlain});
#else
    return {&kRowPlain};
#endif
}

size_t row_scratch_bytes(const Treelets& treelets) {
    size_t numbers = treelets.column_count + 2 * treelets.roots.size() + 1;
    return kTreeletSlotsMax + numbers * sizeof(uint32_t);
}

size_t block_scratch_bytes(const Forest& forest) {
    size_t words = forest.slots.size() * 8 + forest.test_count + forest.node_count_max + 10;
    return words * (kBlockRowsMax / 8) + 2 * kBlockTrees * kBlockRowsMax;
}

}  // namespace quern::score
