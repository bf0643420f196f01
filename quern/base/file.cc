#include "quern/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "quern/base/fault.h"
#include "quern/base/text.h"

namespace quern {
namespace {

class File {
public:
    File(const std::string& path, int flags, unsigned mode = 0)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~File() {
        if (number_ >= 0) ::close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_;
};

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

Status flush_folder(const std::string& path) {
    const File folder(path, O_RDONLY | O_DIRECTORY);
    if (!folder.is_open() || ::fsync(folder.number()) != 0) {
        return system_error(errno, "flush the folder", path);
    }
    return {};
}

Status write_all(const File& file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t size = ::write(file.number(), bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return system_error(errno, "write", path);
        bytes.remove_prefix(static_cast<size_t>(size));
    }
    if (::fsync(file.number()) != 0) return system_error(errno, "write", path);
    return {};
}

Status rename_into_place(const std::string& from, const std::string& to) {
    fault_point("file_rename");
    if (std::rename(from.c_str(), to.c_str()) != 0) {
        return system_error(errno, "rename to", to);
    }
    return flush_folder(parent_of(to));
}

}  // namespace

Result<std::string> read_file(const std::string& path, uint64_t size_bytes_max) {
    // O_NONBLOCK: opening a pipe that nobody writes must not wait.
    const File file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!file.is_open()) return system_error(errno, "read", path);
    struct stat facts;
    if (::fstat(file.number(), &facts) != 0) return system_error(errno, "read", path);
    if (S_ISDIR(facts.st_mode)) return invalid_argument(path + " is a folder, not a file");
    if (!S_ISREG(facts.st_mode)) return invalid_argument(path + " is not a plain file");
    std::string bytes;
    char buffer[1 << 16];
    bytes.reserve(static_cast<size_t>(facts.st_size));
    ssize_t size = 0;
    while ((size = ::read(file.number(), buffer, sizeof(buffer))) != 0) {
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return system_error(errno, "read", path);
        bytes.append(buffer, static_cast<size_t>(size));
        if (bytes.size() > size_bytes_max) {
            return resource_exhausted(path + " is larger than " + size_text(size_bytes_max));
        }
    }
    return bytes;
}

Status write_file_durable(const std::string& path, std::string_view bytes, FileMode mode) {
    // Threads may write the same file: of content that names it, say.
    static std::atomic<uint64_t> count = 0;
    const std::string aside =
        path + "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp";
    Status status;
    {
        const File file(aside, O_WRONLY | O_CREAT | O_TRUNC, mode.bits);
        if (!file.is_open()) return system_error(errno, "write", aside);
        status = write_all(file, bytes, path);
    }
    if (status.ok()) status = rename_into_place(aside, path);
    if (!status.ok()) ::unlink(aside.c_str());
    return status;
}

Status rename_durable(const std::string& from, const std::string& to) {
    const File file(from, O_RDONLY);
    if (!file.is_open() || ::fsync(file.number()) != 0) {
        return system_error(errno, "flush", from);
    }
    return rename_into_place(from, to);
}

Status make_folders(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return system_error(error.value(), "make the folder", path);
    return {};
}

Status remove_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return system_error(errno, "remove", path);
    }
    return {};
}

bool path_exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

}  // namespace quern
