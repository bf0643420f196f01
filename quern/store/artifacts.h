// Immutable files named by the hash of their bytes: `.quern/artifacts/<sha256>.qn`.
#pragma once

#include <string>
#include <string_view>

#include "quern/store/store.h"

namespace quern::store {

std::string artifact_path(const Layout& layout, std::string_view sha256);
// Returns the hash. When it returns ok the file is on the disk for good; writing the same bytes
// again changes nothing.
Result<std::string> put_artifact(const Layout& layout, std::string_view bytes);
// corrupt when the file is not what its name says.
Result<std::string> read_artifact(const Layout& layout, std::string_view sha256);

}  // namespace quern::store
