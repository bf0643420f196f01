// What a message of a stream holds: its value becomes the fields of a row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/avro/schema.h"
#include "quern/frame/type.h"

namespace quern::data {

struct MessageFormat {
    std::string name;                // json csv text avro
    std::vector<std::string> names;  // of a CSV record's fields
    std::string delimiter = ",";
    std::string schema;  // of Avro: the text of its file
    int64_t skip_bytes = 0;
};

class MessageReader {
public:
    static Result<MessageReader> create(MessageFormat format);

    // Adds the value to `line`, an object begun with the fields of the message itself, and ends the
    // object. What cannot be read replaces the line by something that is no row; the reason is
    // given where the line itself does not show it.
    std::string add(std::string& line, size_t start, std::string_view value);

    // Of fields whose types the format tells.
    const frame::Schema& columns() const { return columns_; }

private:
    explicit MessageReader(MessageFormat format);
    Status read_schema();
    std::string add_avro(std::string& line, std::string_view value);
    std::string add_fields(std::string& line, std::string_view value);

    MessageFormat format_;
    std::vector<std::string> keys_;  // as JSON, with their colons
    std::unique_ptr<AvroSchema> schema_;
    frame::Schema columns_;
    std::string decoded_;
};

}  // namespace quern::data
