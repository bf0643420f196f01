// A hook for tests only: the program ends itself as if by kill -9 where a test asks it to.
//
//     QUERN_KILL_AT=publish quern run        dies when it first reaches fault_point("publish")
//     QUERN_KILL_AT=publish:3 quern run      dies at the third time
//
// Without the variable a fault point costs one comparison.
#pragma once

#include <string_view>

namespace quern {

void fault_point(std::string_view name);

}  // namespace quern
