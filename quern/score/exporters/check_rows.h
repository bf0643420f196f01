// Rows to check an export on: the golden ones, and rows that nobody would send, with what the
// scorer makes of them.
#pragma once

#include "quern/frame/batch.h"
#include "quern/score/scorer.h"

namespace quern::score {

constexpr size_t kHostileRows = 300;

struct CheckRows {
    std::vector<frame::Column> inputs;  // in the program's order
    Predictions wanted;
    size_t golden_count = 0;

    size_t row_count() const { return wanted.row_count; }
    frame::BatchView view(std::vector<frame::ColumnView>& views) const;
};

// Always the same rows for the same program.
Result<CheckRows> check_rows(const Scorer& scorer, size_t hostile_count = kHostileRows);

// A line of JSON a row: {"golden": true, "inputs": {...}, "failed": false, "raw": [...], ...}.
// Numbers that JSON lacks are "NaN", "Infinity", "-Infinity"; integers beyond 2^53, decimals, dates
// and the like are texts as SQL reads them.
std::string check_rows_json(const Scorer& scorer, const CheckRows& rows);

}  // namespace quern::score
