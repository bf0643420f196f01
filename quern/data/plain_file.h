// A data file as plain UTF-8 on disk: unpacked and converted beside it when it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "quern/base/folder.h"
#include "quern/base/status.h"

namespace quern::data {

struct PlainSettings {
    std::string compression;  // none, gzip, zstd; empty: by the first bytes
    std::string encoding = "utf-8";
    uint64_t size_bytes_max = uint64_t{64} << 30;  // after unpacking: stops a compression bomb
    uint64_t wanted_bytes = UINT64_MAX;            // unpack no more than about this much
};

struct PlainFile {
    std::string path;      // where the plain bytes lie
    bool is_whole = true;  // false when wanted_bytes ended it early
};

// `name` is what messages call the file; temporary files go below `folder`.
Result<PlainFile> plain_file(const std::string& path, const std::string& name,
                             const std::string& folder, const PlainSettings& settings);

// The name that iconv knows for `latin-1`, `utf-16`, `windows-1252`, ...; empty for UTF-8.
Result<std::string> encoding_name(const std::string& written);

}  // namespace quern::data
