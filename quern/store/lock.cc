#include "quern/store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace quern::store {
namespace {

int open_lock(const std::string& path) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

std::string read_pid(int file) {
    char text[32];
    const ssize_t size = ::pread(file, text, sizeof(text), 0);
    std::string pid(text, size > 0 ? static_cast<size_t>(size) : 0);
    return pid.substr(0, pid.find('\n'));
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& path) {
    const int file = open_lock(path);
    if (file < 0) return system_error(errno, "cannot open the lock", path);
    WriterLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error(errno, "cannot lock", path);
        return failed_precondition("another quern process (pid " + read_pid(file) +
                                   ") is changing this project")
            .hint("wait until it is done, or stop it");
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) {
        return system_error(errno, "cannot write", path);
    }
    return lock;
}

Result<int> WriterLock::holder(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) return 0;
    if (file < 0) return system_error(errno, "cannot open the lock", path);
    const WriterLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
    return static_cast<int>(std::strtol(read_pid(file).c_str(), nullptr, 10));
}

WriterLock::~WriterLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace quern::store
