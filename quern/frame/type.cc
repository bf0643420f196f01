#include "quern/frame/type.h"

#include <array>
#include <charconv>
#include <utility>

#include "quern/base/text.h"

namespace quern::frame {
namespace {

struct Named {
    TypeId id;
    std::string_view name;
    uint8_t size_bytes;
};
// In the order of TypeId.
constexpr std::array<Named, 20> kTypes = {{
    {TypeId::boolean, "BOOLEAN", 1},
    {TypeId::tinyint, "TINYINT", 1},
    {TypeId::smallint, "SMALLINT", 2},
    {TypeId::integer, "INTEGER", 4},
    {TypeId::bigint, "BIGINT", 8},
    {TypeId::utinyint, "UTINYINT", 1},
    {TypeId::usmallint, "USMALLINT", 2},
    {TypeId::uinteger, "UINTEGER", 4},
    {TypeId::ubigint, "UBIGINT", 8},
    {TypeId::hugeint, "HUGEINT", 16},
    {TypeId::real, "FLOAT", 4},
    {TypeId::float64, "DOUBLE", 8},
    {TypeId::decimal, "DECIMAL", 0},
    {TypeId::varchar, "VARCHAR", sizeof(std::string_view)},
    {TypeId::blob, "BLOB", sizeof(std::string_view)},
    {TypeId::date, "DATE", 4},
    {TypeId::time, "TIME", 8},
    {TypeId::timestamp, "TIMESTAMP", 8},
    {TypeId::timestamptz, "TIMESTAMP WITH TIME ZONE", 8},
    {TypeId::other, "", sizeof(std::string_view)},
}};

constexpr std::pair<std::string_view, TypeId> kAliases[] = {
    {"bool", TypeId::boolean},       {"int1", TypeId::tinyint},
    {"int2", TypeId::smallint},      {"short", TypeId::smallint},
    {"int", TypeId::integer},        {"int4", TypeId::integer},
    {"signed", TypeId::integer},     {"int8", TypeId::bigint},
    {"long", TypeId::bigint},        {"int128", TypeId::hugeint},
    {"real", TypeId::real},          {"float4", TypeId::real},
    {"float8", TypeId::float64},     {"text", TypeId::varchar},
    {"string", TypeId::varchar},     {"char", TypeId::varchar},
    {"bpchar", TypeId::varchar},     {"binary", TypeId::blob},
    {"varbinary", TypeId::blob},     {"bytea", TypeId::blob},
    {"datetime", TypeId::timestamp}, {"timestamptz", TypeId::timestamptz},
};

// "decimal(10,2)", "numeric"; other when it is neither.
Type decimal_from_sql(std::string_view lower) {
    const size_t open = lower.find('(');
    const std::string_view word = trim(lower.substr(0, open));
    if (word != "decimal" && word != "numeric" && word != "dec") return {};
    Type type{TypeId::decimal, 18, 3, ""};
    if (open == std::string_view::npos) return type;
    if (!lower.ends_with(')')) return {};
    const std::string_view inside = lower.substr(open + 1, lower.size() - open - 2);
    const size_t comma = inside.find(',');
    const auto number = [](std::string_view text, uint8_t& slot) {
        text = trim(text);
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, slot);
        return error == std::errc() && stop == end;
    };
    type.scale = 0;
    const bool is_read =
        number(inside.substr(0, comma), type.width) &&
        (comma == std::string_view::npos || number(inside.substr(comma + 1), type.scale));
    const bool fits = type.width >= 1 && type.width <= 38 && type.scale <= type.width;
    return is_read && fits ? type : Type{};
}

}  // namespace

std::string Type::text() const {
    if (id == TypeId::other) return sql_name;
    if (id == TypeId::decimal) {
        return "DECIMAL(" + std::to_string(width) + "," + std::to_string(scale) + ")";
    }
    return std::string(kTypes[static_cast<size_t>(id)].name);
}

size_t value_size_bytes(const Type& type) {
    if (type.id != TypeId::decimal) return kTypes[static_cast<size_t>(type.id)].size_bytes;
    if (type.width <= 4) return 2;
    if (type.width <= 9) return 4;
    return type.width <= 18 ? 8 : 16;
}

bool is_text(const Type& type) {
    return type.id == TypeId::varchar || type.id == TypeId::blob || type.id == TypeId::other;
}

bool is_integer(const Type& type) {
    return type.id >= TypeId::tinyint && type.id <= TypeId::hugeint;
}

bool is_numeric(const Type& type) {
    return type.id >= TypeId::tinyint && type.id <= TypeId::decimal;
}

bool is_temporal(const Type& type) {
    return type.id >= TypeId::date && type.id <= TypeId::timestamptz;
}

Type type_from_sql(std::string_view name) {
    const std::string lower = lower_ascii(trim(name));
    for (const auto& type : kTypes) {
        if (!type.name.empty() && type.id != TypeId::decimal && lower_ascii(type.name) == lower) {
            return {type.id, 0, 0, ""};
        }
    }
    for (const auto& [alias, id] : kAliases) {
        if (alias == lower) return {id, 0, 0, ""};
    }
    if (lower.starts_with("varchar(") && lower.ends_with(")")) return {TypeId::varchar, 0, 0, ""};
    Type type = decimal_from_sql(lower);
    if (type.id == TypeId::other) type.sql_name = std::string(trim(name));
    return type;
}

int column_index(const Schema& schema, std::string_view name) {
    for (size_t i = 0; i < schema.size(); ++i) {
        if (schema[i].name == name) return static_cast<int>(i);
    }
    const std::string lower = lower_ascii(name);
    for (size_t i = 0; i < schema.size(); ++i) {
        if (lower_ascii(schema[i].name) == lower) return static_cast<int>(i);
    }
    return -1;
}

}  // namespace quern::frame
