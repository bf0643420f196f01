// Random numbers that are the same on every machine and for every thread count.
#pragma once

#include <cstdint>

namespace quern::stats {

// A well-mixed 64-bit number of two others (splitmix64's finaliser): a random draw for row
// `counter` that depends on nothing but the seed and the counter.
inline uint64_t mix(uint64_t seed, uint64_t counter) {
    uint64_t z = seed * 0x9e3779b97f4a7c15ULL + counter + 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    z = (z ^ (z >> 33)) * 0xff51afd7ed558ccdULL;
    return z ^ (z >> 33);
}

// splitmix64 (Steele, Lea, Flood 2014). Meets UniformRandomBitGenerator.
class Random {
public:
    using result_type = uint64_t;
    explicit Random(uint64_t seed) : state_(mix(seed, 0)) {}

    static constexpr uint64_t min() { return 0; }
    static constexpr uint64_t max() { return ~uint64_t{0}; }
    uint64_t operator()() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    // In [0, bound), by Lemire's multiplication; its bias is below 2^-40 for bounds to 2^24.
    uint64_t below(uint64_t bound) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<uint64_t>(Wide{(*this)()} * bound >> 64);
    }
    double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }  // in [0, 1)

private:
    uint64_t state_;
};

}  // namespace quern::stats
