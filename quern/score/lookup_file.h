// How the file of a look-up table lies on disk: a container (container.h) of
//     slots          hash table of the keys, probed linearly: the hash's upper half, then key + 1
//     key.N          of each key its N-th part
//     starts         of each key its first row, and the end; without time a key is a row
//     time, known    of each row, in order within a key
//     column.N       of each row a value; where some are NULL, column.N:valid is 1 at the others
#pragma once

#include <bit>

#include "quern/score/lookup_table.h"

namespace quern::score {

constexpr std::string_view kLookupFormat = "quern look-up";
constexpr int kLookupVersion = 1;

// At most three quarters are taken, and one is always free, so that probing ends.
inline size_t slot_count(size_t key_count) { return std::bit_ceil(key_count + key_count / 3 + 1); }
inline int64_t slot_of(uint64_t hash, uint32_t key) {
    return static_cast<int64_t>((hash & 0xffffffff00000000ULL) | (key + 1));
}

}  // namespace quern::score
