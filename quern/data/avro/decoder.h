// Values in Avro's binary form as JSON that casts to the types of AvroSchema without loss.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/status.h"
#include "quern/data/avro/schema.h"

namespace quern::data {

class AvroDecoder {
public:
    explicit AvroDecoder(const AvroSchema& schema) : schema_(schema) {}

    // Takes one value of the schema from the front of `bytes` and appends it as JSON on one line.
    // corrupt: the bytes are no such value.
    Status append_json(std::string_view& bytes, std::string& out);

private:
    Status value(size_t index, std::string& out, int depth);
    Status plain(const AvroType& type, std::string& out);
    Status record(const AvroType& type, std::string& out, int depth);
    Status items(const AvroType& type, std::string& out, int depth);
    Status alternative(size_t index, std::string& out, int depth);
    Status decimal(const AvroType& type, std::string_view digits, std::string& out);
    Status moment(const AvroType& type, int64_t number, std::string& out);
    Result<int64_t> whole();
    Result<std::string_view> take(int64_t size);
    Result<std::string_view> sized() { return take(TRY(whole())); }

    const AvroSchema& schema_;
    std::string_view rest_;
};

}  // namespace quern::data
