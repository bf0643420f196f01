// One call of a row function on constants, when a program is compiled.
#pragma once

#include <optional>
#include <vector>

#include "quern/score/function.h"

namespace quern::score {

// None when the call fails: then it must fail in its row, not at compile time.
std::optional<Constant> evaluate_constant(const BoundFunction& function,
                                          const std::vector<const Constant*>& arguments,
                                          const std::vector<frame::Type>& types,
                                          const frame::Type& result);

}  // namespace quern::score
