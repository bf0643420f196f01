// The block kernel for AVX2.
#ifdef __x86_64__
#include <immintrin.h>

#include "quern/score/models/processor.h"
#include "quern/score/models/tree_block.h"

namespace quern::score {
namespace {

struct Avx2 {
    static constexpr size_t kLaneBytes = 32;

    static void slice(const uint8_t* bins, uint32_t bit_count, uint64_t* out, size_t stride) {
        const auto* from = reinterpret_cast<const __m256i*>(bins);
        __m256i low = _mm256_load_si256(from), high = _mm256_load_si256(from + 1);
        for (uint32_t bit = 0; bit < bit_count; ++bit) {
            // Moves the bit to the top of its byte; what crosses to a neighbour stays below it.
            __m128i shift = _mm_cvtsi32_si128(static_cast<int>(7 - bit));
            auto first = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_sll_epi16(low, shift)));
            auto second =
                static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_sll_epi16(high, shift)));
            out[bit * stride] = first | uint64_t{second} << 32;
        }
    }
    template <class W>
    static void number(const W* bits, uint8_t* numbers) {
        const auto* words = reinterpret_cast<const uint32_t*>(bits);
        const __m256i spread =
            _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
        const __m256i own = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u));
        for (size_t half = 0; half < W::kBlocks * 2; ++half) {
            __m256i number = _mm256_setzero_si256();
            for (int bit = 0; bit < 8; ++bit) {
                auto rows = static_cast<int>(words[size_t(bit) * W::kBlocks * 2 + half]);
                __m256i mine =
                    _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(rows), spread), own);
                __m256i is_set = _mm256_cmpeq_epi8(mine, own);
                number = _mm256_or_si256(
                    number,
                    _mm256_and_si256(is_set, _mm256_set1_epi8(static_cast<char>(1 << bit))));
            }
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(numbers + half * 32), number);
        }
    }
    template <bool are_floats>
    static void add_leaves(const Forest& forest, const Forest::Tree* trees, size_t count,
                           const uint8_t* numbers, const uint8_t* numbers_high, double* sums) {
        add_leaves_plain<are_floats>(forest, trees, count, numbers, numbers_high, sums);
    }
    static size_t place(size_t row) { return row; }
};

}  // namespace

extern const BlockKernel kBlockAvx2;
const BlockKernel kBlockAvx2{"AVX2", has_avx2, score_rows<Avx2>};

}  // namespace quern::score

#endif
