// The block kernel for AVX-512 with byte permutes and GF(2) products.
#ifdef __x86_64__
#include <immintrin.h>

#include "quern/score/models/processor.h"
#include "quern/score/models/tree_block.h"

namespace quern::score {
namespace {

// Eight registers of eight words: word j of register i becomes word i of register j.
inline void transpose_words(__m512i* r) {
    __m512i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    }
    for (int i = 0; i < 2; ++i) {
        u[i] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);
        u[i + 2] = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);
        u[i + 4] = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0x88);
        u[i + 6] = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0xdd);
    }
    for (int i = 0; i < 4; ++i) {
        r[i] = _mm512_shuffle_i64x2(u[i], u[i + 4], 0x88);
        r[i + 4] = _mm512_shuffle_i64x2(u[i], u[i + 4], 0xdd);
    }
}

struct Avx512 {
    static constexpr size_t kLaneBytes = 64;

    static void slice(const uint8_t* bins, uint32_t bit_count, uint64_t* out, size_t stride) {
        __m512i all = _mm512_load_si512(bins);
        for (uint32_t bit = 0; bit < bit_count; ++bit)
            out[bit * stride] =
                _mm512_test_epi8_mask(all, _mm512_set1_epi8(static_cast<char>(1 << bit)));
    }

    // Eight words, one a bit of the numbers of 64 rows -> 64 bytes. The first permute puts the
    // eight bytes of a group of rows side by side, the last bit first; the product turns them.
    static __m512i turn(__m512i words) {
        alignas(64) static constexpr auto kOrder = [] {
            struct {
                uint8_t at[64];
            } order{};
            for (int i = 0; i < 64; ++i)
                order.at[i] = static_cast<uint8_t>((7 - i % 8) * 8 + i / 8);
            return order;
        }();
        __m512i sides = _mm512_permutexvar_epi8(_mm512_load_si512(kOrder.at), words);
        __m512i ones = _mm512_set1_epi64(static_cast<long long>(0x8040201008040201u));
        return _mm512_gf2p8affine_epi64_epi8(ones, sides, 0);
    }
    template <class W>
    static void number(const W* bits, uint8_t* numbers) {
        if constexpr (W::kBlocks == 8) {
            __m512i words[8];
            for (int i = 0; i < 8; ++i) words[i] = reinterpret_cast<__m512i>(bits[i].lane[0]);
            transpose_words(words);
            for (int i = 0; i < 8; ++i) _mm512_store_si512(numbers + i * 64, turn(words[i]));
        } else {
            const auto* from = reinterpret_cast<const uint64_t*>(bits);
            for (size_t block = 0; block < W::kBlocks; ++block) {
                alignas(64) uint64_t words[8];
                for (size_t i = 0; i < 8; ++i) words[i] = from[i * W::kBlocks + block];
                _mm512_store_si512(numbers + block * 64, turn(_mm512_load_si512(words)));
            }
        }
    }

    // One byte of the leaves of 64 rows.
    template <int lines>
    static __m512i plane(const Line* from, __m512i numbers, __mmask64 is_high) {
        __m512i low = _mm512_load_si512(from);
        if constexpr (lines == 1) return _mm512_permutexvar_epi8(numbers, low);
        __m512i first = _mm512_permutex2var_epi8(low, numbers, _mm512_load_si512(from + 1));
        if constexpr (lines == 2) return first;
        __m512i second = _mm512_permutex2var_epi8(_mm512_load_si512(from + 2), numbers,
                                                  _mm512_load_si512(from + 3));
        return _mm512_mask_mov_epi8(first, is_high, second);
    }

    template <bool are_floats>
    static __m512d add(__m512d sum, __m512d values) {
        sum = _mm512_add_pd(sum, values);
        return are_floats ? _mm512_cvtps_pd(_mm512_cvtpd_ps(sum)) : sum;
    }

    // The bytes are interleaved within lanes of 16 rows; `place` tells where rows come to lie.
    template <bool are_floats, int lines>
    static void add_planes(const Line* planes, __m512i numbers, __m512d* sums) {
        __mmask64 is_high = lines == 4 ? _mm512_movepi8_mask(numbers) : 0;
        __m512i byte[8], two[8], four[8];
        for (int i = 0; i < 8; ++i) byte[i] = plane<lines>(planes + i * lines, numbers, is_high);
        for (int i = 0; i < 4; ++i) {
            two[i] = _mm512_unpacklo_epi8(byte[2 * i], byte[2 * i + 1]);
            two[i + 4] = _mm512_unpackhi_epi8(byte[2 * i], byte[2 * i + 1]);
        }
        for (int i = 0; i < 4; ++i) {
            four[i * 2] = _mm512_unpacklo_epi16(two[i * 2], two[i * 2 + 1]);
            four[i * 2 + 1] = _mm512_unpackhi_epi16(two[i * 2], two[i * 2 + 1]);
        }
        for (int half = 0; half < 2; ++half) {
            const __m512i* from = four + 4 * half;
            __m512d* to = sums + 4 * half;
            auto add_to = [&](int i, __m512i values) {
                to[i] = add<are_floats>(to[i], _mm512_castsi512_pd(values));
            };
            add_to(0, _mm512_unpacklo_epi32(from[0], from[2]));
            add_to(1, _mm512_unpackhi_epi32(from[0], from[2]));
            add_to(2, _mm512_unpacklo_epi32(from[1], from[3]));
            add_to(3, _mm512_unpackhi_epi32(from[1], from[3]));
        }
    }
    static size_t place(size_t row) { return row % 16 / 2 * 8 + row / 16 * 2 + row % 2; }

    template <bool are_floats>
    static void add_far(const double* leaves, const uint8_t* numbers, const uint8_t* numbers_high,
                        __m512d* sums) {
        alignas(64) double values[64];
        for (size_t row = 0; row < 64; ++row)
            values[place(row)] = leaves[numbers[row] | size_t{numbers_high[row]} << 8];
        for (int i = 0; i < 8; ++i)
            sums[i] = add<are_floats>(sums[i], _mm512_load_pd(values + 8 * i));
    }
    template <bool are_floats>
    static void add_leaves(const Forest& forest, const Forest::Tree* trees, size_t count,
                           const uint8_t* numbers, const uint8_t* numbers_high, double* out) {
        __m512d sums[8];
        for (int i = 0; i < 8; ++i) sums[i] = _mm512_load_pd(out + 8 * i);
        for (size_t t = 0; t < count;
             ++t, numbers += kBlockRowsMax, numbers_high += kBlockRowsMax) {
            const Line* planes = forest.planes.data() + trees[t].first_plane;
            __m512i all = _mm512_load_si512(numbers);
            if (trees[t].bit_count <= 6)
                add_planes<are_floats, 1>(planes, all, sums);
            else if (trees[t].bit_count == 7)
                add_planes<are_floats, 2>(planes, all, sums);
            else if (trees[t].bit_count == 8)
                add_planes<are_floats, 4>(planes, all, sums);
            else
                add_far<are_floats>(forest.leaves.data() + trees[t].first_leaf, numbers,
                                    numbers_high, sums);
        }
        for (int i = 0; i < 8; ++i) _mm512_store_pd(out + 8 * i, sums[i]);
    }
};

}  // namespace

extern const BlockKernel kBlockAvx512;
const BlockKernel kBlockAvx512{"AVX-512", has_avx512, score_rows<Avx512>};

}  // namespace quern::score

#endif
