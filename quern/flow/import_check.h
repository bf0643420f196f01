// Comparing an imported model's scores with those of the program that it comes from.
#pragma once

#include "quern/flow/import_model.h"
#include "quern/score/scorer.h"

namespace quern::flow {

constexpr size_t kImportGoldenRows = 16;

// Scores the rows of the request and fills the report; the first of them become `program`'s golden
// rows. A score beyond the margin is the Status.
Status check_import(Workspace& workspace, const ImportRequest& request, score::Program& program,
                    ImportReport& report);

// Golden rows where there are no rows to check on: nothing, and a few plain values everywhere.
Status add_plain_golden_rows(score::Program& program);

}  // namespace quern::flow
