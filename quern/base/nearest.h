// "Did you mean": the known name closest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern {

// The candidate at the smallest Damerau-Levenshtein distance (optimal string alignment), letters
// compared without case; empty when none is within a third of the name's length (at least 1).
std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates);

// not_found: "<kind> 'name' is not known", with the nearest name or the whole list as the hint.
Status unknown_name(std::string_view kind, std::string_view name,
                    const std::vector<std::string_view>& candidates);

}  // namespace quern
