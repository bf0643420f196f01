// How text looks on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace quern::frame {

// Terminal cells that a line takes: most characters one, East Asian and emoji two, accents none.
int display_width(std::string_view text);

// With line ends, tabs, other control characters and broken UTF-8 written out (\n, \x1b), so that
// a value keeps its line and cannot command the terminal.
std::string printable(std::string_view text);

// At most `width` cells; what was cut ends in "…".
std::string cut_to_width(std::string_view text, int width);

}  // namespace quern::frame
