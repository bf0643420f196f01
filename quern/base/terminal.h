// What stands at the other end of standard error and standard output.
#pragma once

#include <string>
#include <string_view>

namespace quern {

bool stdout_is_terminal();
bool stderr_is_terminal();
bool stdout_has_color();  // a terminal, TERM is not dumb, NO_COLOR is not set
bool stderr_has_color();
int terminal_columns();  // of standard error; 100 when it is no terminal

// One write, so lines of several threads never mix; a progress bar on the last line is cleared
// first and drawn again later. The text should end with a line end.
void print_stderr(std::string_view text);

namespace detail {
// The last line of the terminal, redrawn in place; empty removes it.
void show_status_line(std::string_view line);
}  // namespace detail

}  // namespace quern
