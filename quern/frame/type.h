// The types of columns: DuckDB's, as far as quern keeps values of them outside of DuckDB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/status.h"

namespace quern::frame {

__extension__ using int128 = __int128;

// Comments give the C++ type of one stored value. NULL is a validity bit, never a value.
enum class TypeId : uint8_t {
    boolean,      // uint8_t, 0 or 1
    tinyint,      // int8_t
    smallint,     // int16_t
    integer,      // int32_t
    bigint,       // int64_t
    utinyint,     // uint8_t
    usmallint,    // uint16_t
    uinteger,     // uint32_t
    ubigint,      // uint64_t
    hugeint,      // __int128
    real,         // float
    float64,      // double (DOUBLE)
    decimal,      // int16_t, int32_t, int64_t or __int128 by width (4, 9, 18, 38), times 10^scale
    varchar,      // std::string_view, UTF-8
    blob,         // std::string_view
    date,         // int32_t, days since 1970-01-01
    time,         // int64_t, microseconds since midnight
    timestamp,    // int64_t, microseconds since 1970-01-01 00:00:00
    timestamptz,  // int64_t, microseconds since 1970-01-01 00:00:00 UTC
    other,        // kept as DuckDB's text of the value: std::string_view
};

struct Type {
    TypeId id = TypeId::other;
    uint8_t width = 0, scale = 0;  // of a decimal
    std::string sql_name;          // of `other`: "INTEGER[]", "STRUCT(a INTEGER)"

    bool operator==(const Type&) const = default;
    std::string text() const;  // as SQL writes it: "DECIMAL(10,2)"
};

size_t value_size_bytes(const Type& type);  // of one stored value
bool is_text(const Type& type);             // varchar, blob, other: std::string_view
bool is_integer(const Type& type);
bool is_numeric(const Type& type);  // integers, hugeint, decimal, real, float64
bool is_temporal(const Type& type);

// The type of DuckDB's name for it ("DECIMAL(10,2)", "INTEGER", "VARCHAR[]" is `other`).
Type type_from_sql(std::string_view name);

struct ColumnSpec {
    std::string name;
    Type type;
    bool operator==(const ColumnSpec&) const = default;
};
using Schema = std::vector<ColumnSpec>;

// Position of a column by name, without regard to ASCII case as in SQL; -1 when absent.
int column_index(const Schema& schema, std::string_view name);

}  // namespace quern::frame
