// The kernels over a Forest that this build has, each compiled for one kind of processor.
#pragma once

#include <cstddef>

#include "quern/score/models/forest.h"

namespace quern::score {

// Adds up many rows at once: up to 512 of them are the bits of a word, and a split is three
// operations on words.
struct BlockKernel {
    const char* name;
    bool (*is_supported)();
    // matrix [row][column_count] -> raw [row][raw_count]; scratch is aligned to 64 bytes.
    void (*score)(const Forest& forest, const double* matrix, size_t row_count, double* raw,
                  std::byte* scratch);
};

size_t block_scratch_bytes(const Forest& forest);

// The best first; the last one runs anywhere.
struct BlockKernels {
    const BlockKernel* const* kernels;
    size_t count;
    const BlockKernel* const* begin() const { return kernels; }
    const BlockKernel* const* end() const { return kernels + count; }
};
BlockKernels block_kernels();

constexpr size_t kBlockRowsMax = 512;
constexpr size_t kBlockTrees = 16;  // whose leaves are looked up together

}  // namespace quern::score
