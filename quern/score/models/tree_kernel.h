// The kernels over a Forest that this build has, each compiled for one kind of processor.
#pragma once

#include <cstddef>

#include "quern/score/models/treelets.h"

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

// Scores row by row.
struct RowKernel {
    const char* name;
    bool (*is_supported)();
    void (*score)(const Forest& forest, const Treelets& treelets, const double* matrix,
                  size_t row_count, double* raw, std::byte* scratch);
};

size_t block_scratch_bytes(const Forest& forest);
size_t row_scratch_bytes(const Treelets& treelets);

// Those that run here, the best first; the last one runs anywhere.
std::vector<const BlockKernel*> block_kernels();
std::vector<const RowKernel*> row_kernels();

constexpr size_t kBlockRowsMax = 512;
constexpr size_t kBlockTrees = 16;  // whose leaves are looked up together

}  // namespace quern::score
