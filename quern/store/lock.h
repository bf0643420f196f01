// One process at a time may change a project's warehouse; readers need no lock.
#pragma once

#include <string>
#include <utility>

#include "quern/base/status.h"

namespace quern::store {

class WriterLock {
public:
    // Refuses at once when another process holds it, and names that process. The system lets go
    // of the lock when its holder ends, however it ends.
    static Result<WriterLock> take(const std::string& path);
    // The process that holds it, 0 when none does. For `quern doctor`.
    static Result<int> holder(const std::string& path);

    WriterLock(WriterLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    WriterLock& operator=(WriterLock&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~WriterLock();

private:
    explicit WriterLock(int file) : file_(file) {}
    int file_ = -1;
};

}  // namespace quern::store
