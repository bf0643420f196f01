#include "quern/frame/row_text.h"

#include <cmath>
#include <set>

#include "quern/base/json.h"
#include "quern/base/text.h"

namespace quern::frame {
namespace {

constexpr size_t kPendingBytesMax = 64 << 10;

std::string csv_field(std::string_view text) {
    const bool is_plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string::npos &&
                          text.front() != ' ' && text.back() != ' ';
    if (is_plain) return std::string(text);
    std::string field = "\"";
    for (const char c : text) {
        if (c == '"') field += '"';
        field += c;
    }
    return field + "\"";
}

std::string json_value(const ColumnView& column, size_t row) {
    if (!column.is_valid(row)) return "null";
    const bool is_float = column.type.id == TypeId::real || column.type.id == TypeId::float64;
    if (is_float && !std::isfinite(value_as_double(column, row))) return "null";
    const bool is_bare = is_numeric(column.type) || column.type.id == TypeId::boolean;
    if (!is_bare) return json_string(value_text(column, row));
    std::string number = value_text(column, row);
    const size_t point = number.starts_with('-') ? 1 : 0;
    if (number[point] == '.') number.insert(point, "0");  // JSON wants a digit before it
    return number;
}

std::vector<std::string> different_names(const Schema& schema) {
    std::vector<std::string> names;
    std::set<std::string> taken;
    for (const auto& column : schema) taken.insert(column.name);
    std::set<std::string> used;
    for (const auto& column : schema) {
        std::string name = column.name;
        for (int i = 1; used.contains(name); ++i) {
            const std::string numbered = column.name + "_" + std::to_string(i);
            if (!taken.contains(numbered)) name = numbered;
        }
        used.insert(name);
        taken.insert(name);
        names.push_back(name);
    }
    return names;
}

}  // namespace

RowWriter::RowWriter(const Schema& schema, RowFormat format, Sink sink)
    : format_(format), sink_(std::move(sink)) {
    names_ = different_names(schema);
    if (format == RowFormat::csv) {
        for (size_t i = 0; i < names_.size(); ++i) names_[i] = csv_field(schema[i].name);
    } else {
        for (auto& name : names_) name = json_string(name) + ": ";
    }
}

void RowWriter::begin() {
    if (has_begun_) return;
    has_begun_ = true;
    if (format_ == RowFormat::json) pending_ += "[";
    if (format_ != RowFormat::csv) return;
    for (size_t i = 0; i < names_.size(); ++i) pending_ += (i == 0 ? "" : ",") + names_[i];
    pending_ += "\n";
}

void RowWriter::add_json_row(std::span<const ColumnView> columns, size_t row) {
    if (format_ == RowFormat::json) pending_ += has_rows_ ? ",\n " : "\n ";
    pending_ += "{";
    for (size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) pending_ += ", ";
        pending_ += names_[i] + json_value(columns[i], row);
    }
    pending_ += format_ == RowFormat::json ? "}" : "}\n";
}

void RowWriter::add_row(std::span<const ColumnView> columns, size_t row) {
    if (format_ != RowFormat::csv) {
        add_json_row(columns, row);
    } else {
        for (size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) pending_ += ",";
            if (columns[i].is_valid(row)) pending_ += csv_field(value_text(columns[i], row));
        }
        // A lone NULL would be an empty line, which readers of CSV pass over.
        const bool is_empty = columns.size() == 1 && !columns[0].is_valid(row);
        pending_ += is_empty ? "\"\"\n" : "\n";
    }
    has_rows_ = true;
}

Status RowWriter::write(std::span<const ColumnView> columns, size_t row_count) {
    begin();
    for (size_t row = 0; row < row_count; ++row) {
        add_row(columns, row);
        if (pending_.size() < kPendingBytesMax) continue;
        TRY(sink_(pending_));
        pending_.clear();
    }
    return {};
}

Status RowWriter::write(const Batch& batch) {
    std::vector<ColumnView> views;
    for (const auto& column : batch.columns) views.push_back(column.view());
    return write(views, batch.row_count);
}

Status RowWriter::finish() {
    begin();
    if (format_ == RowFormat::json) pending_ += has_rows_ ? "\n]\n" : "]\n";
    TRY(sink_(pending_));
    pending_.clear();
    return {};
}

}  // namespace quern::frame
