#include "quern/train/ridge.h"

#include <dal/services/env_detect.h>

#include <string>

#include <oneapi/dal/algo/linear_regression.hpp>
#include <oneapi/dal/table/homogen.hpp>
#include <oneapi/dal/table/row_accessor.hpp>

namespace quern::train {

Result<std::vector<double>> ridge(const RidgeInput& input) {
    namespace dal = oneapi::dal;
    try {
        daal::services::Environment::getInstance()->setNumberOfThreads(1);
        const auto rows = static_cast<int64_t>(input.row_count);
        const auto columns = static_cast<int64_t>(input.column_count);
        const auto matrix = dal::homogen_table::wrap(input.matrix, rows, columns);
        const auto targets = dal::homogen_table::wrap(input.targets, rows, 1);
        const dal::linear_regression::descriptor<double> descriptor(false, input.alpha);
        const auto trained = dal::train(descriptor, matrix, targets);
        // The intercept stands first, and is 0.
        const auto packed =
            dal::row_accessor<const double>(trained.get_model().get_packed_coefficients()).pull();
        return std::vector<double>(packed.get_data() + 1, packed.get_data() + packed.get_count());
    } catch (const std::exception& error) {
        return failed_precondition(std::string("no linear model could be fitted: ") + error.what())
            .hint("raise `alpha`");
    }
}

}  // namespace quern::train
