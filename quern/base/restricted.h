// Reading what cannot be trusted in a process of its own, which can do nothing else: no files, no
// network, no other process, limited memory and time. What it makes of its input goes through a
// pipe, and whoever reads the pipe trusts it no more than the input.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quern/base/status.h"

namespace quern {

struct RestrictedLimits {
    uint64_t memory_bytes = uint64_t{256} << 20;  // beyond what the program holds at its start
    int seconds = 60;
    uint64_t output_bytes_max = uint64_t{1} << 30;
};

// Starts this very program anew with `arguments`, an empty environment, and the open file `input`
// as standard input; what it writes to standard output comes back.
Result<std::string> run_restricted(const std::vector<std::string>& arguments, int input,
                                   const RestrictedLimits& limits);

// Called by that process once it has all that it needs: from here on it may read and write what is
// open, and use memory; anything else ends it. Where the program watches itself (sanitizers), which
// needs more, only time, files and processes are limited.
Status restrict_this_process(const RestrictedLimits& limits);

}  // namespace quern
