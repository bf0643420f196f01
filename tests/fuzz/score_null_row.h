// The common end of the fuzz targets: a program that could be read is built and run.
#pragma once

#include "quern/score/program.h"

namespace quern::fuzz {

// Builds a scorer of the program and scores rows of NULLs; a program that is refused is fine.
void score_null_row(score::Program program);

}  // namespace quern::fuzz
