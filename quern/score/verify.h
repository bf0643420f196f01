// Whether a program is whole: every index, order, type, size and number in it, before anything
// relies on them. The program may come from a hostile file.
#pragma once

#include "quern/score/program.h"

namespace quern::score {

constexpr size_t kInputsMax = 100'000;
constexpr size_t kExpressionsMax = 50'000;
constexpr size_t kMatrixColumnsMax = 1'000'000;
constexpr size_t kClassesMax = 10'000;

Status verify(const Program& program);

}  // namespace quern::score
