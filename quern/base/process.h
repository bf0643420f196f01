// Other programs, run to their end.
#pragma once

#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern {

struct ProcessOutput {
    int exit_code = 0;  // 128 + the signal that ended it
    std::string text;   // of both outputs, at most kProcessTextMax
};
constexpr size_t kProcessTextMax = 1 << 20;

struct ProcessOptions {
    std::string folder;  // where it runs; empty: here
    int timeout_ms = 60'000;
};

// The program is looked up in PATH; not_found where it is not there. No shell, no input.
Result<ProcessOutput> run_process(const std::vector<std::string>& command,
                                  const ProcessOptions& options = {});

}  // namespace quern
