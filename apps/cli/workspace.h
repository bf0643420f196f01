// The project that the user stands in, for the verbs that need it.
#pragma once

#include <atomic>

#include "quern/flow/workspace.h"

#include "apps/cli/command.h"

namespace quern::cli {

Result<flow::Workspace> open_workspace(const Invocation& invocation);

// Set at the first Ctrl-C, so that work ends in good order; the second one ends the program.
const std::atomic<bool>& cancel_on_interrupt();

}  // namespace quern::cli
