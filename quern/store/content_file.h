// Files that are named by their content: written once, never changed.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::store {

// Writes the bytes as FOLDER/<sha256>ENDING, unless they lie there whole; gives the hash. Its fault
// points are `<what>_write` and `<what>_written`.
Result<std::string> put_content(const std::string& folder, std::string_view ending,
                                std::string_view what, std::string_view bytes);

}  // namespace quern::store
