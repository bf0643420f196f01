// What libquern_train_onedal.so offers: the only door to oneDAL. A library of its own, since
// mapping oneDAL costs 10 MB that most trainings have no use for.
#pragma once

#include <cstddef>

namespace quern::train {

struct RidgeInput {
    const double* matrix = nullptr;   // [row][column], 64-byte aligned
    const double* targets = nullptr;  // 64-byte aligned
    size_t row_count = 0, column_count = 0;
    double alpha = 1;
};

inline constexpr char kOnedalLibrary[] = "libquern_train_onedal.so";
inline constexpr char kRidgeEntry[] = "quern_train_ridge";

// Fills `weights` and returns true, or says in `fault` (a text of at most fault_size with its
// closing zero) why not.
using RidgeSolver = bool (*)(const RidgeInput& input, double* weights, char* fault,
                             size_t fault_size);

}  // namespace quern::train
