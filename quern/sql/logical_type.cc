#include "quern/sql/logical_type.h"

#include <string>

#include "quern/base/text.h"
#include "quern/sql/duckdb_handle.h"

namespace quern::sql {
namespace {

using frame::TypeId;

struct Pair {
    duckdb_type duckdb;
    TypeId frame;
};

constexpr Pair kTypes[] = {
    {DUCKDB_TYPE_BOOLEAN, TypeId::boolean},
    {DUCKDB_TYPE_TINYINT, TypeId::tinyint},
    {DUCKDB_TYPE_SMALLINT, TypeId::smallint},
    {DUCKDB_TYPE_INTEGER, TypeId::integer},
    {DUCKDB_TYPE_BIGINT, TypeId::bigint},
    {DUCKDB_TYPE_UTINYINT, TypeId::utinyint},
    {DUCKDB_TYPE_USMALLINT, TypeId::usmallint},
    {DUCKDB_TYPE_UINTEGER, TypeId::uinteger},
    {DUCKDB_TYPE_UBIGINT, TypeId::ubigint},
    {DUCKDB_TYPE_HUGEINT, TypeId::hugeint},
    {DUCKDB_TYPE_FLOAT, TypeId::real},
    {DUCKDB_TYPE_DOUBLE, TypeId::float64},
    {DUCKDB_TYPE_DECIMAL, TypeId::decimal},
    {DUCKDB_TYPE_VARCHAR, TypeId::varchar},
    {DUCKDB_TYPE_BLOB, TypeId::blob},
    {DUCKDB_TYPE_DATE, TypeId::date},
    {DUCKDB_TYPE_TIME, TypeId::time},
    {DUCKDB_TYPE_TIMESTAMP, TypeId::timestamp},
    {DUCKDB_TYPE_TIMESTAMP_TZ, TypeId::timestamptz},
};

struct Name {
    duckdb_type duckdb;
    std::string_view name;
};
constexpr Name kOtherNames[] = {
    {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
    {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
    {DUCKDB_TYPE_TIME_NS, "TIME_NS"},
    {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
    {DUCKDB_TYPE_UUID, "UUID"},
    {DUCKDB_TYPE_BIT, "BIT"},
    {DUCKDB_TYPE_BIGNUM, "BIGNUM"},
    {DUCKDB_TYPE_SQLNULL, "\"NULL\""},
};

std::string name_of(duckdb_logical_type type);

std::string name_of(const OwnedType& type) { return name_of(type.get()); }

// A text of DuckDB's, which the caller must free.
std::string taken(char* text) {
    std::string kept = text == nullptr ? "" : text;
    duckdb_free(text);
    return kept;
}

std::string plain_name(duckdb_logical_type type, duckdb_type id) {
    for (const auto& pair : kTypes) {
        if (pair.duckdb == id) return type_of(type).text();
    }
    return "UNKNOWN";
}

std::string struct_name(duckdb_logical_type type) {
    std::string name;
    for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
        name += i == 0 ? "STRUCT(" : ", ";
        name += quote_identifier(taken(duckdb_struct_type_child_name(type, i))) + " ";
        name += name_of(OwnedType(duckdb_struct_type_child_type(type, i)));
    }
    return name + ")";
}

std::string union_name(duckdb_logical_type type) {
    std::string name;
    for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i) {
        name += i == 0 ? "UNION(" : ", ";
        name += quote_identifier(taken(duckdb_union_type_member_name(type, i))) + " ";
        name += name_of(OwnedType(duckdb_union_type_member_type(type, i)));
    }
    return name + ")";
}

std::string enum_name(duckdb_logical_type type) {
    std::string name;
    for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
        name += i == 0 ? "ENUM(" : ", ";
        name += quote_literal(taken(duckdb_enum_dictionary_value(type, i)));
    }
    return name + ")";
}

// As SQL writes it.
std::string name_of(duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    for (const auto& [other, name] : kOtherNames) {
        if (other == id) return std::string(name);
    }
    switch (id) {
        case DUCKDB_TYPE_LIST:
            return name_of(OwnedType(duckdb_list_type_child_type(type))) + "[]";
        case DUCKDB_TYPE_ARRAY:
            return name_of(OwnedType(duckdb_array_type_child_type(type))) + "[" +
                   std::to_string(duckdb_array_type_array_size(type)) + "]";
        case DUCKDB_TYPE_MAP:
            return "MAP(" + name_of(OwnedType(duckdb_map_type_key_type(type))) + ", " +
                   name_of(OwnedType(duckdb_map_type_value_type(type))) + ")";
        case DUCKDB_TYPE_STRUCT:
            return struct_name(type);
        case DUCKDB_TYPE_UNION:
            return union_name(type);
        case DUCKDB_TYPE_ENUM:
            return enum_name(type);
        default:
            return plain_name(type, id);
    }
}

}  // namespace

frame::Type type_of(duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    frame::Type out;
    for (const auto& pair : kTypes) {
        if (pair.duckdb == id) out.id = pair.frame;
    }
    if (out.id == TypeId::other) out.sql_name = name_of(type);
    if (out.id == TypeId::decimal) {
        out.width = duckdb_decimal_width(type);
        out.scale = duckdb_decimal_scale(type);
    }
    return out;
}

duckdb_logical_type duckdb_type_of(const frame::Type& type) {
    if (type.id == TypeId::decimal) return duckdb_create_decimal_type(type.width, type.scale);
    for (const auto& pair : kTypes) {
        if (pair.frame == type.id) return duckdb_create_logical_type(pair.duckdb);
    }
    return nullptr;
}

}  // namespace quern::sql
