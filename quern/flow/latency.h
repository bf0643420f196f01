// How long one row takes to score.
#pragma once

#include "quern/frame/batch.h"
#include "quern/score/scorer.h"

namespace quern::flow {

struct Latency {
    double row_us = 0;  // half of the rows are faster
    double p99_us = 0;
};

// Scores the rows of the batch one by one, over and over.
Result<Latency> measure_latency(const score::Scorer& scorer, const frame::Batch& rows);

}  // namespace quern::flow
