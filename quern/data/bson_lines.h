// Documents of MongoDB as lines of JSON, whose values are typed as they were.
#pragma once

#include <bson/bson.h>

#include <map>
#include <string>

#include "quern/frame/type.h"

namespace quern::data {

class BsonLines {
public:
    // Appends the document as one JSON object.
    void append(const bson_t& document, std::string& line);

    // Of top-level fields all of whose values so far are of one type that JSON does not tell.
    frame::Schema columns() const;

private:
    struct Seen {
        bson_type_t type = BSON_TYPE_EOD;
        bool is_mixed = false;
        int digits = 0, scale = 0;  // of decimals
    };
    void note(const std::string& name, const bson_iter_t& value);

    std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace quern::data
