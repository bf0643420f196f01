// The row kernel for AVX-512 with byte permutes: all splits of a treelet in one comparison, then
// every node's pointer is doubled until the root's leads to an exit.
#ifdef __x86_64__
#include <immintrin.h>

#include "quern/score/models/processor.h"
#include "quern/score/models/tree_row.h"

namespace quern::score {
namespace {

// `lines`: of the table of bins; 1, 2, 4 or 8.
template <int lines>
struct RowPermute {
    __m512i table[lines];
    __m512i exits;  // lead to themselves

    RowPermute(const Treelets&, const uint8_t* bins) {
        for (int i = 0; i < lines; ++i) table[i] = _mm512_load_si512(bins + 64 * i);
        alignas(64) uint8_t numbers[64];
        for (int i = 0; i < 64; ++i) numbers[i] = static_cast<uint8_t>(64 + i);
        exits = _mm512_load_si512(numbers);
    }
    __m512i bins_of(__m512i slots, const Treelets::Treelet& treelet) const {
        if constexpr (lines == 1) return _mm512_permutexvar_epi8(slots, table[0]);
        auto pair = [&](int i) { return _mm512_permutex2var_epi8(table[i], slots, table[i + 1]); };
        auto four = [&](int i) {
            return _mm512_mask_mov_epi8(pair(i), treelet.far_slots[0], pair(i + 2));
        };
        if constexpr (lines == 2)
            return pair(0);
        else if constexpr (lines == 4)
            return four(0);
        else
            return _mm512_mask_mov_epi8(four(0), treelet.far_slots[1], four(4));
    }
    uint32_t exit(const Treelets::Lines& at, const Treelets::Treelet& treelet,
                  uint64_t right_by_set, uint32_t node) const {
        __m512i bins = bins_of(_mm512_load_si512(&at.slot), treelet);
        uint64_t right = _mm512_cmpgt_epu8_mask(bins, _mm512_load_si512(&at.bin)) | right_by_set;
        __m512i next =
            _mm512_mask_mov_epi8(_mm512_load_si512(&at.left), right, _mm512_load_si512(&at.right));
        for (uint32_t i = 0; i < treelet.rounds; ++i)
            next = _mm512_permutex2var_epi8(next, next, exits);
        if (node != 0)
            next = _mm512_permutexvar_epi8(_mm512_set1_epi8(static_cast<char>(node)), next);
        return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(next))) & 63;
    }
};

void score(const Forest& forest, const Treelets& treelets, const double* matrix, size_t row_count,
           double* raw, std::byte* scratch) {
    auto* run = treelets.slot_count <= 64    ? score_each_row<RowPermute<1>>
                : treelets.slot_count <= 128 ? score_each_row<RowPermute<2>>
                : treelets.slot_count <= 256 ? score_each_row<RowPermute<4>>
                                             : score_each_row<RowPermute<8>>;
    run(forest, treelets, matrix, row_count, raw, scratch);
}

}  // namespace

extern const RowKernel kRowAvx512;
const RowKernel kRowAvx512{"AVX-512", has_avx512, score};

}  // namespace quern::score

#endif
