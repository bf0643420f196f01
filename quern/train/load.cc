#include "quern/train/load.h"

extern "C" const quern::train::TrainingApi* quern_training_api();

const quern::train::TrainingApi* quern_training_api() {
    static constexpr quern::train::TrainingApi api{.fit = quern::train::fit_model,
                                                   .columns = quern::train::columns_to_read};
    return &api;
}
