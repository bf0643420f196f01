// The common end of the fuzz targets: a program that could be read is built and run.
#pragma once

#include "quern/score/program.h"

namespace quern::fuzz {

// Builds a scorer of the program and scores a few rows of it, of NULLs and of values at the ends
// of their types; a program that is refused is fine.
void score_rows(score::Program program);

}  // namespace quern::fuzz
