#include "apps/cli/workspace.h"

#include <csignal>

namespace quern::cli {
namespace {

std::atomic<bool> is_cancelled{false};

void on_interrupt(int signal) {
    is_cancelled.store(true);
    std::signal(signal, SIG_DFL);
}

}  // namespace

Result<flow::Workspace> open_workspace(const Invocation& invocation) {
    return flow::open_workspace(invocation.project_folder);
}

const std::atomic<bool>& cancel_on_interrupt() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
    return is_cancelled;
}

}  // namespace quern::cli
