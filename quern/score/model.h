// Kinds of models: from a row of the matrix to raw scores. `train` makes the buffers, with the
// help of models/*.h; a kind checks them in full and chooses its kernel.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/registry.h"
#include "quern/score/program.h"

namespace quern::score {

struct BoundModel {
    // matrix [row][column_count] -> raw [row][raw_count]; must not allocate. `scratch` is the
    // thread's own memory of scratch_bytes, aligned to kModelAlignment.
    void (*score)(const void* prepared, const double* matrix, size_t row_count, double* raw,
                  std::byte* scratch) = nullptr;
    std::shared_ptr<const void> prepared;
    size_t raw_count = 0;
    std::string kernel;  // the one that was chosen, for people: "lockstep"
    size_t scratch_bytes = 0;
    // One row -> contributions [raw][column_count], which with `expected` sum up to its raw
    // scores; null where the model cannot tell.
    void (*explain)(const void* prepared, const double* row, double* contributions,
                    std::byte* scratch) = nullptr;
    std::vector<double> expected;  // by raw score, over the training rows
    // One row -> what pairs of sources contribute, [raw][source][source], each half on both sides
    // of the diagonal, and on it what each contributes alone; each column belongs to a source.
    // They sum up as contributions do; null where the model cannot tell.
    void (*interact)(const void* prepared, const double* row, const uint32_t* column_sources,
                     size_t source_count, double* out, std::byte* scratch) = nullptr;
};

constexpr size_t kModelAlignment = 64;

struct FreeAligned {
    void operator()(std::byte* bytes) const {
        ::operator delete[](bytes, std::align_val_t(kModelAlignment));
    }
};
using ModelScratch = std::unique_ptr<std::byte[], FreeAligned>;

inline ModelScratch make_model_scratch(const BoundModel& model) {
    return ModelScratch(static_cast<std::byte*>(
        ::operator new[](model.scratch_bytes, std::align_val_t(kModelAlignment))));
}

struct ModelKind {
    static constexpr std::string_view kind = "model kind";
    std::string_view name;
    std::string_view summary;
    Result<BoundModel> (*bind)(const Buffers& learned, size_t column_count);
    std::string (*describe)(const Buffers& learned);  // one line: "100 trees, 3,100 leaves"
};

}  // namespace quern::score
