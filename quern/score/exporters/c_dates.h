#pragma once

#include "quern/score/exporters/c_source.h"

namespace quern::score::c {

// Adds the calendar; gives the name of a function (value, q_moment *out) -> is it finite.
std::string use_calendar(Source& source, const frame::Type& type);

// An expression of a q_moment named m; "" where C has none.
std::string part_code(Source& source, std::string_view part);

}  // namespace quern::score::c
