// Columns of values with validity bits: how rows travel between DuckDB, the scorer and the wire.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/type.h"

namespace quern::frame {

constexpr size_t kBatchRowsMax = 2048;

// A look at a column somebody else owns. `data` holds row_count values of the type's C++ type
// (type.h); bit i of `validity` is 1 when row i is not NULL; null means that no row is.
struct ColumnView {
    Type type;
    const void* data = nullptr;
    const uint64_t* validity = nullptr;
    size_t row_count = 0;

    bool is_valid(size_t row) const {
        return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
    }
    template <class T>
    const T* values() const {
        return static_cast<const T*>(data);
    }
};

// A column that owns its values and texts. Not for the request path of the scorer, which has
// buffers of its own.
class Column {
public:
    explicit Column(Type type, size_t row_count = 0);

    const Type& type() const { return type_; }
    size_t row_count() const { return row_count_; }
    ColumnView view() const;

    void append_null();
    // T must be the type's C++ type; texts are copied.
    template <class T>
    void append(T value) {
        grow();
        std::memcpy(data_.data() + (row_count_ - 1) * sizeof(T), &value, sizeof(T));
    }
    void append_text(std::string_view text);
    void append_from(const ColumnView& column, size_t row);  // of the same type

    bool is_valid(size_t row) const { return (validity_[row / 64] >> (row % 64) & 1) != 0; }
    template <class T>
    T value(size_t row) const {
        T value;
        std::memcpy(&value, data_.data() + row * sizeof(T), sizeof(T));
        return value;
    }
    std::string_view text(size_t row) const { return value<std::string_view>(row); }

private:
    void grow();

    Type type_;
    size_t row_count_ = 0;
    std::vector<std::byte> data_;
    std::vector<uint64_t> validity_;
    // Blocks never move once filled, so views stay good when the column moves or grows.
    std::vector<std::unique_ptr<char[]>> blocks_;
    size_t block_used_ = 0, block_size_ = 0;
};

struct Batch {
    Schema schema;
    std::vector<Column> columns;
    size_t row_count = 0;
};

// A batch as the scorer takes it: the schema is known from the program.
struct BatchView {
    std::span<const ColumnView> columns;
    size_t row_count = 0;
};

// A value as people and JSON read it: DuckDB's own text of it; "NULL" for null.
std::string value_text(const ColumnView& column, size_t row);
// The value as a double (decimals scaled, booleans 0/1, dates in days, times in seconds); NaN for
// null and for texts.
double value_as_double(const ColumnView& column, size_t row);

}  // namespace quern::frame
