// Standard output and the words of a failure.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::cli {

// Writes all of it and flushes; a full disk behind `> file` is a failure, not silence.
Status print(std::string_view text);

// "error: models/x.yml:7:5: message", the line of the file with a mark under the place, the fix;
// the same for each further fault. `root` is where the places' files are found.
std::string fault_text(const Status& status, const std::string& root, bool has_color);
// {"error": {"code", "message", "where", "hint", "others": [...]}}
std::string fault_json(const Status& status);

// Prints a failure on standard error (as JSON on standard output if asked for) and gives the exit
// code; 0 for ok. `folder` lies in the project.
int print_result(const Status& status, bool is_json, const std::string& folder = ".");

}  // namespace quern::cli
