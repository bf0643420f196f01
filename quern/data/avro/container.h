// Avro's files: a schema, then blocks of packed values. A file that is cut or damaged is refused
// with the place, not read in part.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/data/avro/schema.h"

namespace quern::data {

class AvroFile {
public:
    // `name` is what messages call the file.
    static Result<AvroFile> open(const std::string& path, const std::string& name);

    const AvroSchema& schema() const { return schema_; }

    struct Block {
        int64_t row_count = 0;
        std::string_view bytes;  // unpacked; valid until the next call
    };
    // False at the end.
    Result<bool> next(Block& block);
    Status broken(const std::string& why) const;  // at the block that was read last

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    Status read_head();
    Result<int64_t> whole();
    Status read(uint64_t size, std::string& bytes);
    Status unpack();

    std::unique_ptr<std::FILE, Close> file_;
    std::string name_, codec_ = "null", mark_, packed_, unpacked_;
    uint64_t size_bytes_ = 0, block_at_ = 0;
    AvroSchema schema_;
};

// What Snappy packed; corrupt for what it did not.
Result<std::string> unpack_snappy(std::string_view packed, uint64_t size_bytes_max);

}  // namespace quern::data
