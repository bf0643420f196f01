// What kernels ask of the processor they are compiled for, and of the one they run on. Included by
// files that are compiled for one kind of processor: nothing here may be shared between them.
#pragma once

#include <cstddef>

namespace quern::score {
namespace {

#if defined(__AVX512F__)
constexpr size_t kLaneBytes = 64;
#elif defined(__AVX2__)
constexpr size_t kLaneBytes = 32;
#else
constexpr size_t kLaneBytes = 16;
#endif

#ifdef __x86_64__
inline bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}
inline bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
}
#endif

}  // namespace
}  // namespace quern::score
