#include "quern/sql/vector_view.h"

#include <cstring>

namespace quern::sql {
namespace {

using frame::TypeId;

struct Pair {
    duckdb_type duckdb;
    TypeId frame;
};

constexpr Pair kTypes[] = {
    {DUCKDB_TYPE_BOOLEAN, TypeId::boolean},     {DUCKDB_TYPE_TINYINT, TypeId::tinyint},
    {DUCKDB_TYPE_SMALLINT, TypeId::smallint},   {DUCKDB_TYPE_INTEGER, TypeId::integer},
    {DUCKDB_TYPE_BIGINT, TypeId::bigint},       {DUCKDB_TYPE_UTINYINT, TypeId::utinyint},
    {DUCKDB_TYPE_USMALLINT, TypeId::usmallint}, {DUCKDB_TYPE_UINTEGER, TypeId::uinteger},
    {DUCKDB_TYPE_UBIGINT, TypeId::ubigint},     {DUCKDB_TYPE_HUGEINT, TypeId::hugeint},
    {DUCKDB_TYPE_FLOAT, TypeId::real},          {DUCKDB_TYPE_DOUBLE, TypeId::float64},
    {DUCKDB_TYPE_DECIMAL, TypeId::decimal},     {DUCKDB_TYPE_VARCHAR, TypeId::varchar},
    {DUCKDB_TYPE_BLOB, TypeId::blob},           {DUCKDB_TYPE_DATE, TypeId::date},
    {DUCKDB_TYPE_TIME, TypeId::time},           {DUCKDB_TYPE_TIMESTAMP, TypeId::timestamp},
    {DUCKDB_TYPE_TIMESTAMP_TZ, TypeId::timestamptz},
};

}  // namespace

frame::Type type_of(duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    frame::Type out;
    for (const auto& pair : kTypes) {
        if (pair.duckdb == id) out.id = pair.frame;
    }
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

frame::ColumnView view_of(duckdb_vector vector, const frame::Type& type, size_t row_count,
                          std::vector<std::string_view>& texts) {
    frame::ColumnView view{type, duckdb_vector_get_data(vector),
                           duckdb_vector_get_validity(vector), row_count};
    if (!frame::is_text(type)) return view;
    auto* strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
    texts.resize(row_count);
    for (size_t row = 0; row < row_count; ++row) {
        if (!view.is_valid(row)) {
            texts[row] = {};
            continue;
        }
        texts[row] = {duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row])};
    }
    view.data = texts.data();
    return view;
}

void fill_vector(duckdb_vector vector, const frame::ColumnView& column) {
    if (frame::is_text(column.type)) {
        for (size_t row = 0; row < column.row_count; ++row) {
            if (!column.is_valid(row)) continue;
            const auto text = column.values<std::string_view>()[row];
            duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
        }
    } else {
        std::memcpy(duckdb_vector_get_data(vector), column.data,
                    column.row_count * frame::value_size_bytes(column.type));
    }
    if (column.validity == nullptr) return;
    duckdb_vector_ensure_validity_writable(vector);
    auto* validity = duckdb_vector_get_validity(vector);
    std::memcpy(validity, column.validity, (column.row_count + 63) / 64 * sizeof(uint64_t));
}

}  // namespace quern::sql
