// Texts in lower and upper case, by Unicode's simple rules.
#pragma once

#include "quern/score/kernel.h"

namespace quern::score {

Row lower_case(TextArena& arena, std::string_view text, std::string_view& out);
Row upper_case(TextArena& arena, std::string_view text, std::string_view& out);

}  // namespace quern::score
