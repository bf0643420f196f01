#include "quern/frame/batch.h"

#include <algorithm>
#include <limits>

#include "quern/frame/value_text.h"

namespace quern::frame {
namespace {

constexpr size_t kBlockBytesMin = 256, kBlockBytesMax = 64 << 10;

template <class T>
double as_double(const ColumnView& column, size_t row) {
    return static_cast<double>(column.values<T>()[row]);
}

double decimal_as_double(const ColumnView& column, size_t row) {
    double value = 0;
    switch (value_size_bytes(column.type)) {
        case 2:
            value = as_double<int16_t>(column, row);
            break;
        case 4:
            value = as_double<int32_t>(column, row);
            break;
        case 8:
            value = as_double<int64_t>(column, row);
            break;
        default:
            value = as_double<int128>(column, row);
            break;
    }
    double divisor = 1;
    for (int i = 0; i < column.type.scale; ++i) divisor *= 10;
    return value / divisor;
}

}  // namespace

Column::Column(Type type, size_t row_count) : type_(std::move(type)), row_count_(row_count) {
    data_.resize(row_count * value_size_bytes(type_));
    validity_.resize((row_count + 63) / 64, ~uint64_t{0});
}

ColumnView Column::view() const { return {type_, data_.data(), validity_.data(), row_count_}; }

void Column::grow() {
    data_.resize(data_.size() + value_size_bytes(type_));
    if (row_count_ % 64 == 0) validity_.push_back(0);
    validity_[row_count_ / 64] |= uint64_t{1} << (row_count_ % 64);
    ++row_count_;
}

void Column::append_null() {
    grow();
    const size_t row = row_count_ - 1;
    validity_[row / 64] &= ~(uint64_t{1} << (row % 64));
    if (is_text(type_)) {
        constexpr std::string_view kNone;
        std::memcpy(data_.data() + row * sizeof(kNone), &kNone, sizeof(kNone));
    }
}

void Column::append_text(std::string_view text) {
    if (blocks_.empty() || block_size_ - block_used_ < text.size()) {
        const size_t doubled = std::clamp(2 * block_size_, kBlockBytesMin, kBlockBytesMax);
        block_size_ = std::max(doubled, text.size());
        block_used_ = 0;
        blocks_.push_back(std::unique_ptr<char[]>(new char[block_size_]));
    }
    char* kept = blocks_.back().get() + block_used_;
    text.copy(kept, text.size());  // the data of an empty text may be null
    block_used_ += text.size();
    append(std::string_view(kept, text.size()));
}

void Column::append_from(const ColumnView& column, size_t row) {
    if (!column.is_valid(row)) return append_null();
    if (is_text(type_)) return append_text(column.values<std::string_view>()[row]);
    grow();
    const size_t size = value_size_bytes(type_);
    std::memcpy(data_.data() + (row_count_ - 1) * size,
                static_cast<const std::byte*>(column.data) + row * size, size);
}

double value_as_double(const ColumnView& column, size_t row) {
    if (!column.is_valid(row)) return std::numeric_limits<double>::quiet_NaN();
    switch (column.type.id) {
        case TypeId::boolean:
            return as_double<uint8_t>(column, row);
        case TypeId::tinyint:
            return as_double<int8_t>(column, row);
        case TypeId::smallint:
            return as_double<int16_t>(column, row);
        case TypeId::integer:
            return as_double<int32_t>(column, row);
        case TypeId::bigint:
            return as_double<int64_t>(column, row);
        case TypeId::utinyint:
            return as_double<uint8_t>(column, row);
        case TypeId::usmallint:
            return as_double<uint16_t>(column, row);
        case TypeId::uinteger:
            return as_double<uint32_t>(column, row);
        case TypeId::ubigint:
            return as_double<uint64_t>(column, row);
        case TypeId::hugeint:
            return as_double<int128>(column, row);
        case TypeId::real:
            return as_double<float>(column, row);
        case TypeId::float64:
            return as_double<double>(column, row);
        case TypeId::decimal:
            return decimal_as_double(column, row);
        case TypeId::date:
            return as_double<int32_t>(column, row);
        case TypeId::time:
        case TypeId::timestamp:
        case TypeId::timestamptz:
            return as_double<int64_t>(column, row) / 1e6;
        default:
            return std::numeric_limits<double>::quiet_NaN();
    }
}

std::string value_text(const ColumnView& column, size_t row) {
    return column.is_valid(row) ? present_text(column, row) : "NULL";
}

}  // namespace quern::frame
