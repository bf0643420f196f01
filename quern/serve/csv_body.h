// Reads a CSV body: a line of names, then a row a line. Values follow RFC 4180; an empty value
// without quotes is a missing one.
#pragma once

#include <string_view>

#include "quern/serve/scoring.h"

namespace quern::serve {

Status read_csv(std::string_view body, Scoring& scoring);

}  // namespace quern::serve
