// Bytes of a file, unpacked while they are read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::data {

class ByteSource {
public:
    virtual ~ByteSource() = default;
    // The next piece, valid until the next call; empty at the end.
    virtual Result<std::string_view> next() = 0;
};

// compression: none, gzip, zstd. Broken and cut streams are refused by name.
Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path, const std::string& name,
                                               std::string_view compression);

// What the first bytes say: none, gzip, zstd.
Result<std::string> compression_of(const std::string& path);

}  // namespace quern::data
