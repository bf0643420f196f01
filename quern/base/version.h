// Which quern this is. It goes into fingerprints and artifacts: a change of the engine that may
// change a result must change it.
#pragma once

#include <string_view>

namespace quern {

constexpr std::string_view version() { return "0.1.0"; }

}  // namespace quern
