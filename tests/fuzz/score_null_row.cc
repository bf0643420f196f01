#include "tests/fuzz/score_null_row.h"

#include "quern/score/request.h"
#include "quern/score/scorer.h"

namespace quern::fuzz {

void score_null_row(score::Program program) {
    auto scorer = score::Scorer::build(std::move(program));
    if (!scorer.ok()) return;
    constexpr size_t kRows = 3;
    score::RowReader reader((*scorer).program(), {.row_count_max = kRows});
    for (size_t row = 0; row < kRows; ++row) {
        reader.begin_row();
        reader.end_row();
    }
    score::Scratch scratch(*scorer, kRows);
    score::Predictions out;
    (*scorer).score(reader.view(), scratch, out).ignore("any answer will do");
    for (size_t row = 0; row < out.row_count; ++row) {
        if (out.is_failed[row] != 0) {
            (*scorer).row_error(row, scratch).ignore("only that it can be told");
        }
    }
}

}  // namespace quern::fuzz
