// Schemas of Avro, and the SQL types in which their values are kept exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"
#include "quern/frame/type.h"

namespace quern::data {

struct AvroType {
    enum class Kind {
        null,
        boolean,
        int32,
        int64,
        float32,
        float64,
        bytes,
        text,
        record,
        enumeration,
        array,
        map,
        alternatives,  // a union
        fixed,
    };
    enum class Meaning {  // a logical type
        none,
        date,
        time_ms,
        time_us,
        moment_ms,
        moment_us,
        moment_ns,
        local_ms,
        local_us,
        local_ns,
        decimal,
        uuid,
    };
    Kind kind = Kind::null;
    Meaning meaning = Meaning::none;
    int64_t size = 0;                  // of a fixed
    int64_t precision = 0, scale = 0;  // of a decimal
    std::vector<std::string> names;    // fields of a record, words of an enumeration
    std::vector<size_t> parts;         // types of fields, of items, of alternatives
};

class AvroSchema {
public:
    // invalid_argument: it is no schema.
    static Result<AvroSchema> parse(std::string_view json);

    const AvroType& type(size_t index) const { return types_[index]; }
    size_t root() const { return root_; }
    // One column a field; refused where the schema is no record.
    Result<frame::Schema> columns() const;
    // Alternatives of one type that may also be missing: that type. Others come as texts, as does a
    // record within itself.
    std::string sql_type(size_t index) const;
    // The alternative beside null, where there is one only; else the type itself.
    size_t without_null(size_t index) const;

private:
    friend class AvroParser;
    std::string sql_type(size_t index, std::vector<size_t>& around) const;
    std::vector<AvroType> types_;
    size_t root_ = 0;
};

}  // namespace quern::data
