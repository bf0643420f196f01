#pragma once

#include "quern/score/exporter.h"
#include "quern/score/exporters/c_source.h"

namespace quern::score::c {

// A program that scores rows by the export and compares every bit with what quern made of them.
Result<std::string> check_source(const Scorer& scorer, const Numbers& numbers,
                                 const std::string& prefix, const ExportOptions& options);

}  // namespace quern::score::c
