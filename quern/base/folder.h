// What lies in folders: listing, patterns, paths, and a folder for a while.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern {

struct FileFacts {
    std::string path;
    uint64_t size_bytes = 0;
    int64_t modified_ns = 0;  // since 1970
    bool is_folder = false;
    bool is_plain = false;  // no folder, pipe or device
};
Result<FileFacts> file_facts(const std::string& path);  // links are followed

struct ListLimits {
    size_t file_count_max = 100'000;
    size_t depth_max = 32;
};
// Regular files below a folder, sorted by path. A linked file counts; a linked folder is followed
// once, but not back to the folder or above it. Names that begin with '.' are left out.
Result<std::vector<FileFacts>> list_files(const std::string& folder, const ListLimits& limits = {});

// Files that match, sorted: * and ? and [a-z] within a name, ** for any folders. A pattern without
// these is a plain path. None matching is an empty list.
Result<std::vector<FileFacts>> glob_files(const std::string& pattern,
                                          const ListLimits& limits = {});
bool is_glob(std::string_view pattern);
// A pattern that this path alone matches, here and in DuckDB: "a[1].csv" -> "a[[]1].csv".
std::string literal_pattern(std::string_view path);

Status remove_tree(const std::string& path);  // absent is fine
Result<uint64_t> free_space_bytes(const std::string& path);

std::string join_path(std::string_view folder, std::string_view name);  // an absolute name wins
std::string folder_of(std::string_view path);                           // "." when it has none
std::string file_name(std::string_view path);                           // after the last '/'
std::string file_stem(std::string_view path);                           // without the last ending
// Without '.', '..' and links, as far as it exists.
std::string absolute_path(const std::string& path);

// A fresh folder, removed with all in it at the end; below $TMPDIR unless told otherwise.
class TemporaryFolder {
public:
    static Result<TemporaryFolder> create(const std::string& below = "");
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
        other.path_.clear();
    }
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder();
    const std::string& path() const { return path_; }

private:
    explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace quern
