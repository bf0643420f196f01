#include "quern/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

extern char** environ;

namespace quern {
namespace {

using Clock = std::chrono::steady_clock;

// What spawn is told to do; freed in any case.
struct Actions {
    posix_spawn_file_actions_t actions;
    Actions() { posix_spawn_file_actions_init(&actions); }
    ~Actions() { posix_spawn_file_actions_destroy(&actions); }
};

// Reads until the end or the limit; false when it took too long.
bool read_all(int from, int timeout_ms, std::string& text) {
    const auto end = Clock::now() + std::chrono::milliseconds(timeout_ms);
    char buffer[4096];
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return false;
        pollfd waiting{from, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return true;
        if (ready <= 0) continue;
        const ssize_t count = ::read(from, buffer, sizeof(buffer));
        if (count == 0 || (count < 0 && errno != EINTR)) return true;
        const size_t room = kProcessTextMax - text.size();
        if (count > 0) text.append(buffer, std::min(static_cast<size_t>(count), room));
    }
}

}  // namespace

Result<ProcessOutput> run_process(const std::vector<std::string>& command,
                                  const ProcessOptions& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return unavailable("pipe: " + std::string(strerror(errno)));
    Actions how;
    posix_spawn_file_actions_addopen(&how.actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&how.actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&how.actions, ends[1], 2);
    if (!options.folder.empty())
        posix_spawn_file_actions_addchdir_np(&how.actions, options.folder.c_str());
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int fault =
        ::posix_spawnp(&child, arguments[0], &how.actions, nullptr, arguments.data(), environ);
    ::close(ends[1]);
    if (fault != 0) {
        ::close(ends[0]);
        return not_found("'" + command[0] + "' does not start: " + strerror(fault));
    }
    ProcessOutput output;
    const bool is_done = read_all(ends[0], options.timeout_ms, output.text);
    ::close(ends[0]);
    if (!is_done) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!is_done)
        return unavailable("'" + command[0] + "' took longer than " +
                           std::to_string(options.timeout_ms) + " ms");
    output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return output;
}

}  // namespace quern
