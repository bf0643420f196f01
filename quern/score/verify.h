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
// One type, and one value of it, by the same rules.
Status verify_type(const frame::Type& type);
Status verify_constant(const Constant& constant);

}  // namespace quern::score
