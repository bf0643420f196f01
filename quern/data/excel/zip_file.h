// The parts of a zip archive, as office documents are: each is unpacked while it is read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/data/byte_source.h"

namespace quern::data {

class ZipFile {
public:
    // `name` is what messages call the file. corrupt: it is no whole archive.
    static Result<ZipFile> open(const std::string& path, const std::string& name);

    // Names of parts are found without regard to case, as office documents want it.
    bool has(std::string_view part) const;
    // Refused when it unpacks to more than `size_bytes_max`, or to another size than it says.
    Result<std::unique_ptr<ByteSource>> stream(std::string_view part,
                                               uint64_t size_bytes_max) const;
    Result<std::string> read(std::string_view part, uint64_t size_bytes_max) const;

    const std::string& name() const { return name_; }

    struct Entry {
        uint64_t offset = 0;  // of its local header
        uint64_t packed_bytes = 0, size_bytes = 0;
        uint32_t crc = 0;
        uint16_t method = 0, flags = 0;
    };

private:
    std::string path_, name_;
    std::map<std::string, Entry, std::less<>> entries_;  // by name in lower case
};

}  // namespace quern::data
