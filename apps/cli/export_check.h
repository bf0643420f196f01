// Runs an export where this machine can, on golden and hostile rows.
#pragma once

#include "quern/score/exporter.h"

namespace quern::cli {

struct ExportCheck {
    std::string by;       // "cc 12.2.0"; empty: not run
    std::string not_run;  // why
    int64_t row_count = 0, failed_count = 0, different_count = 0;
    double largest_difference = 0, largest_difference_raw = 0;
    int64_t object_size_bytes = 0, stack_size_bytes = 0;  // of code
};

Result<ExportCheck> check_export(std::string_view form, const std::string& path,
                                 const score::Scorer& scorer, const score::ExportOptions& options);

}  // namespace quern::cli
