// Files that are whole or not there: written aside, flushed, renamed, the folder flushed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern {

constexpr uint64_t kFileSizeBytesMax = uint64_t{4} << 30;

// The whole file; refused when it is larger than `size_bytes_max`.
Result<std::string> read_file(const std::string& path, uint64_t size_bytes_max = kFileSizeBytesMax);

// After it returns ok the file holds `bytes` even if the power goes; if it fails the old file, or
// none, is there. The temporary file lies beside it and is named "<path>.<pid>.tmp".
struct FileMode {
    unsigned bits = 0644;
};
Status write_file_durable(const std::string& path, std::string_view bytes, FileMode mode = {});
// Flushes a file somebody else wrote, renames it into place and flushes the folder.
Status rename_durable(const std::string& from, const std::string& to);

Status make_folders(const std::string& path);  // and its parents; fine when it is there
Status remove_file(const std::string& path);   // fine when it is not there
bool path_exists(const std::string& path);

}  // namespace quern
