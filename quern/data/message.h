// What a message of a stream holds: its value becomes the fields of a row.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::data {

struct MessageFormat {
    std::string name;                // json csv text
    std::vector<std::string> names;  // of a CSV record's fields
    std::string delimiter = ",";
};

class MessageReader {
public:
    static Result<MessageReader> create(MessageFormat format);

    // Adds the value to `line`, an object begun with the fields of the message itself, and ends the
    // object. What cannot be read replaces the line by something that is no row; the reason is
    // given where the line itself does not show it.
    std::string add(std::string& line, size_t start, std::string_view value);

private:
    explicit MessageReader(MessageFormat format);
    std::string add_fields(std::string& line, std::string_view value);

    MessageFormat format_;
    std::vector<std::string> keys_;  // as JSON, with their colons
};

}  // namespace quern::data
