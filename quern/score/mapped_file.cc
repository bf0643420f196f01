#include "quern/score/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace quern::score {

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

Result<MappedFile> MappedFile::open(const std::string& path, size_t size_bytes_max) {
    int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return system_error(errno, "open", path);
    struct stat facts{};
    int error = ::fstat(file, &facts) < 0 ? errno : 0;
    void* data = MAP_FAILED;
    auto size = static_cast<size_t>(facts.st_size);
    bool is_usable = error == 0 && S_ISREG(facts.st_mode) && size > 0 && size <= size_bytes_max;
    if (is_usable) {
        data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
        if (data == MAP_FAILED) error = errno;
    }
    ::close(file);
    if (error != 0) return system_error(error, "read", path);
    if (!is_usable) return corrupt("not a whole file: no plain file of a fitting size");
    return MappedFile(data, size);
}

}  // namespace quern::score
