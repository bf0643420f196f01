// The block kernel for any processor.
#include "quern/score/models/tree_block.h"

namespace quern::score {
namespace {

struct Plain {
    static constexpr size_t kLaneBytes = 16;

    static void slice(const uint8_t* bins, uint32_t bit_count, uint64_t* out, size_t stride) {
        slice_plain(bins, bit_count, out, stride);
    }
    template <class W>
    static void number(const W* bits, uint8_t* numbers) {
        number_plain(bits, numbers);
    }
    template <bool are_floats>
    static void add_leaves(const Forest& forest, const Forest::Tree* trees, size_t count,
                           const uint8_t* numbers, const uint8_t* numbers_high, double* sums) {
        add_leaves_plain<are_floats>(forest, trees, count, numbers, numbers_high, sums);
    }
    static size_t place(size_t row) { return row; }
};

}  // namespace

extern const BlockKernel kBlockPlain;
const BlockKernel kBlockPlain{"plain", [] { return true; }, score_rows<Plain>};

}  // namespace quern::score
