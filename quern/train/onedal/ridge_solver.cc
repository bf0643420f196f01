#include "quern/train/onedal/ridge_solver.h"

#include <dal/services/env_detect.h>

#include <algorithm>
#include <cstdio>

#include <oneapi/dal/algo/linear_regression.hpp>
#include <oneapi/dal/table/homogen.hpp>
#include <oneapi/dal/table/row_accessor.hpp>

namespace quern::train {
namespace {

void solve(const RidgeInput& input, double* weights) {
    namespace dal = oneapi::dal;
    // Once: oneDAL forgets to free what it made for the number before.
    [[maybe_unused]] static const bool is_set = [] {
        daal::services::Environment::getInstance()->setNumberOfThreads(1);
        return true;
    }();
    const auto rows = static_cast<int64_t>(input.row_count);
    const auto columns = static_cast<int64_t>(input.column_count);
    const auto matrix = dal::homogen_table::wrap(input.matrix, rows, columns);
    const auto targets = dal::homogen_table::wrap(input.targets, rows, 1);
    const dal::linear_regression::descriptor<double> descriptor(false, input.alpha);
    const auto trained = dal::train(descriptor, matrix, targets);
    // The intercept stands first, and is 0.
    const auto packed =
        dal::row_accessor<const double>(trained.get_model().get_packed_coefficients()).pull();
    std::copy_n(packed.get_data() + 1, input.column_count, weights);
}

}  // namespace
}  // namespace quern::train

extern "C" bool quern_train_ridge(const quern::train::RidgeInput& input, double* weights,
                                  char* fault, size_t fault_size);

bool quern_train_ridge(const quern::train::RidgeInput& input, double* weights, char* fault,
                       size_t fault_size) {
    try {
        quern::train::solve(input, weights);
        return true;
    } catch (const std::exception& error) {
        std::snprintf(fault, fault_size, "%s", error.what());
        return false;
    }
}
