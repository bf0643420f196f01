// The hash of a file's bytes, remembered while its size, time and inode stay the same.
#pragma once

#include <string>

#include "quern/store/store.h"

namespace quern::store {

class FileHashes {
public:
    explicit FileHashes(Store& store) : database_(store.database()) {}

    Result<std::string> sha256_of(const std::string& path);

private:
    Database& database_;
};

}  // namespace quern::store
