// What a smaller variant of a model loses, on the rows that it was trained and tested on.
#pragma once

#include "quern/flow/workspace.h"
#include "quern/score/scorer.h"

namespace quern::cli {

struct ExportLoss {
    std::string rows_of;  // "census_clean", or "the golden rows"
    int64_t row_count = 0, label_count = 0;
    double mean = 0, largest = 0;  // of the outputs' differences
    int64_t leaves_before = 0, leaves = 0;
};

// On the published table that the model was made from, where all its columns are; else on the
// golden rows.
Result<ExportLoss> measure_loss(flow::Workspace& workspace, const std::string& table,
                                const score::Scorer& before, const score::Scorer& after);

}  // namespace quern::cli
