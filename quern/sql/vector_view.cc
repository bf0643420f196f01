#include "quern/sql/vector_view.h"

#include <cstring>

namespace quern::sql {
frame::ColumnView view_of(duckdb_vector vector, const frame::Type& type, size_t row_count,
                          std::vector<std::string_view>& texts) {
    frame::ColumnView view{type, duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector),
                           row_count};
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
