// A program as a person reads it, for `quern show MODEL --program`.
#pragma once

#include <string>

#include "quern/score/program.h"

namespace quern::score {

// Of a program that verify.h finds whole.
std::string describe(const Program& program);
// One expression as SQL-like text: "ln(income / nullif(amount, 0))".
std::string expression_text(const Program& program, uint32_t expression);
// What a fitted part has learned, the first values of each buffer: "mean 3; scale 2.5".
std::string learned_text(const Buffers& learned);

}  // namespace quern::score
