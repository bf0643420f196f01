// The hash of a file's bytes, remembered while its size and time stay the same.
#pragma once

#include <cstdint>
#include <string>

#include "quern/store/store.h"

namespace quern::store {

struct HashedFile {
    std::string path;
    uint64_t size_bytes = 0;
    int64_t modified_ns = 0;
    std::string sha256;
};

class FileHashes {
public:
    explicit FileHashes(Store& store) : database_(store.database()) {}

    // Empty when the file is not known or has another size or time than it had.
    Result<std::string> find(const HashedFile& file);
    // Files written within the last moments are left out: written again within one tick of the
    // file system's clock they would keep their time.
    Status remember(const HashedFile& file);

private:
    Database& database_;
};

}  // namespace quern::store
