// A small program for tests: two inputs, three matrix columns, two trees.
#pragma once

#include "quern/score/program.h"

namespace quern::score {

Program sample_program();

}  // namespace quern::score
