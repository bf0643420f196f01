#include "quern/train/load.h"

extern "C" const quern::train::TrainingApi* quern_training_api();

const quern::train::TrainingApi* quern_training_api() {
    static constexpr quern::train::TrainingApi api{.fit = quern::train::fit_model,
                                                   .check = quern::train::check_algorithm,
                                                   .columns = quern::train::columns_to_read,
                                                   .check_written = quern::train::check_written};
    return &api;
}
