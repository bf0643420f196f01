#include "quern/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>

namespace quern {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

std::mutex& stderr_mutex() {
    static std::mutex mutex;
    return mutex;
}
bool has_status_line = false;  // guarded by stderr_mutex

// Standard error may be full or closed; there is nobody left to tell.
void write_stderr(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        text.remove_prefix(static_cast<size_t>(count));
    }
}

bool wants_color() {
    const char* const no_color = std::getenv("NO_COLOR");
    const char* const term = std::getenv("TERM");
    return (no_color == nullptr || *no_color == '\0') && term != nullptr &&
           std::string_view(term) != "dumb";
}

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }
bool stdout_has_color() { return stdout_is_terminal() && wants_color(); }
bool stderr_has_color() { return stderr_is_terminal() && wants_color(); }

int terminal_columns() {
    winsize size{};
    const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 100;
}

void print_stderr(std::string_view text) {
    const std::lock_guard lock(stderr_mutex());
    if (!has_status_line) return write_stderr(text);
    has_status_line = false;
    write_stderr(std::string(kClearLine).append(text));
}

void detail::show_status_line(std::string_view line) {
    const std::lock_guard lock(stderr_mutex());
    if (line.empty() && !has_status_line) return;
    has_status_line = !line.empty();
    write_stderr(std::string(kClearLine).append(line));
}

}  // namespace quern
