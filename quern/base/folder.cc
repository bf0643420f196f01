#include "quern/base/folder.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace quern {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<FileFacts> file_facts(const std::string& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return system_error(errno, "open", path);
    return FileFacts{.path = path,
                     .size_bytes = static_cast<uint64_t>(facts.st_size),
                     .modified_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec,
                     .is_folder = S_ISDIR(facts.st_mode),
                     .is_plain = S_ISREG(facts.st_mode)};
}

Status remove_tree(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    return error ? system_error(error.value(), "remove", path) : Status();
}

Result<uint64_t> free_space_bytes(const std::string& path) {
    struct statvfs facts{};
    if (::statvfs(path.c_str(), &facts) != 0) return system_error(errno, "look at", path);
    return static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize;
}

std::string join_path(std::string_view folder, std::string_view name) {
    if (folder.empty() || name.starts_with('/')) return std::string(name);
    std::string path(folder);
    if (path.back() != '/') path += '/';
    return path.append(name);
}

std::string folder_of(std::string_view path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string file_name(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
}

std::string file_stem(std::string_view path) {
    const std::string name = file_name(path);
    const size_t dot = name.rfind('.');
    return dot == 0 || dot == std::string::npos ? name : name.substr(0, dot);
}

std::string absolute_path(const std::string& path) {
    std::error_code error;
    const auto absolute = fs::weakly_canonical(path, error);
    if (!error) return absolute.string();
    return fs::absolute(path, error).lexically_normal().string();
}

Result<TemporaryFolder> TemporaryFolder::create(const std::string& below) {
    const char* const set = std::getenv("TMPDIR");
    const std::string parent = !below.empty() ? below : (set != nullptr && *set ? set : "/tmp");
    std::string path = join_path(parent, "quern-XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) return system_error(errno, "make a folder in", parent);
    return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
    if (!path_.empty()) remove_tree(path_).ignore("a leftover of a temporary folder does no harm");
}

}  // namespace quern
