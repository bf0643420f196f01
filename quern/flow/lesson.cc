#include "quern/flow/lesson.h"

#include <algorithm>
#include <cstring>

#include "quern/base/text.h"
#include "quern/score/storage.h"

namespace quern::flow {
namespace {

constexpr const char* kTable = "temp.main.quern_lesson";

// The column as the scorer takes it.
std::string column_sql(const frame::Schema& schema, const std::string& name) {
    const std::string quoted = quote_identifier(name);
    const int position = frame::column_index(schema, name);
    if (position < 0) return quoted;
    const frame::Type& type = schema[static_cast<size_t>(position)].type;
    const std::string as = "::varchar as " + quoted;
    if (type.sql_name.starts_with("ENUM(")) return quoted + as;
    return score::is_nested(type) ? "to_json(" + quoted + ")" + as : quoted;
}

struct Digest {
    uint64_t high = 0, low = 0;  // two hashes, so that no two unlike rows share both
    auto operator<=>(const Digest&) const = default;
};

struct Selected {
    std::string columns, digest;  // SQL
};

Selected select_of(const frame::Schema& schema, const std::vector<std::string>& names) {
    std::string columns, plain;
    for (const auto& name : names) {
        columns += (columns.empty() ? "" : ", ") + column_sql(schema, name);
        plain += ", " + quote_identifier(name);
    }
    return {columns, "hash(1" + plain + "), hash(2" + plain + ")"};
}

// The texts of rows that are valid, moved into one block in this order.
template <class IsValid>
std::unique_ptr<char[]> move_texts(std::span<std::string_view> texts, IsValid is_valid) {
    size_t size_bytes = 0;
    for (size_t i = 0; i < texts.size(); ++i) size_bytes += is_valid(i) ? texts[i].size() : 0;
    std::unique_ptr<char[]> block(new char[size_bytes]);
    char* next = block.get();
    for (size_t i = 0; i < texts.size(); ++i) {
        if (!is_valid(i)) continue;
        texts[i].copy(next, texts[i].size());
        texts[i] = {next, texts[i].size()};
        next += texts[i].size();
    }
    return block;
}

template <size_t kSize>
void pick_values(const std::byte* from, std::span<const uint32_t> rows, std::byte* to) {
    for (size_t i = 0; i < rows.size(); ++i)
        std::memcpy(to + i * kSize, from + rows[i] * kSize, kSize);
}

std::span<std::string_view> texts_of(std::vector<std::byte>& values, size_t first, size_t count) {
    return {reinterpret_cast<std::string_view*>(values.data()) + first, count};
}

}  // namespace

// A column as the table gave it.
struct Lesson::Unsorted {
    frame::Type type;
    std::vector<std::byte> values;
    std::vector<uint8_t> is_valid;
    std::vector<std::unique_ptr<char[]>> texts;
    size_t text_bytes = 0;

    void add(const frame::ColumnView& column) {
        const size_t first = is_valid.size();
        const auto* data = static_cast<const std::byte*>(column.data);
        values.insert(values.end(), data, data + column.row_count * frame::value_size_bytes(type));
        for (size_t row = 0; row < column.row_count; ++row)
            is_valid.push_back(column.is_valid(row));
        if (!frame::is_text(type)) return;
        const auto added = texts_of(values, first, column.row_count);
        texts.push_back(move_texts(added, [&](size_t i) { return is_valid[first + i] != 0; }));
        for (size_t i = 0; i < added.size(); ++i)
            text_bytes += is_valid[first + i] != 0 ? added[i].size() : 0;
    }
    size_t size_bytes() const { return values.size() + is_valid.size() + text_bytes; }

    Kept in_order(std::span<const uint32_t> rows) const {
        Kept kept;
        const size_t size_bytes = frame::value_size_bytes(type);
        const auto pick = size_bytes == 1   ? pick_values<1>
                          : size_bytes == 2 ? pick_values<2>
                          : size_bytes == 4 ? pick_values<4>
                          : size_bytes == 8 ? pick_values<8>
                                            : pick_values<16>;
        kept.values.resize(rows.size() * size_bytes);
        pick(values.data(), rows, kept.values.data());
        kept.validity.resize((rows.size() + 63) / 64);
        for (size_t row = 0; row < rows.size(); ++row)
            kept.validity[row / 64] |= uint64_t{is_valid[rows[row]]} << (row % 64);
        if (!frame::is_text(type)) return kept;
        const auto all = texts_of(kept.values, 0, rows.size());
        kept.texts.push_back(move_texts(all, [&](size_t i) { return is_valid[rows[i]] != 0; }));
        return kept;
    }
};

Result<Lesson> Lesson::read(sql::Session& session, const std::string& from,
                            const std::vector<std::string>& columns, size_t memory_bytes_max) {
    const auto selected = select_of(TRY(session.columns_of("from " + from)), columns);
    Lesson lesson;
    lesson.session_ = &session;
    const std::string both =
        "select " + selected.columns + ", " + selected.digest + " from " + from;
    lesson.is_in_memory_ = TRY(lesson.keep(both, memory_bytes_max));
    if (lesson.is_in_memory_) return lesson;
    TRY(session.execute("create or replace temporary table quern_lesson as select " +
                        selected.columns + " from " + from + " order by " + selected.digest));
    return lesson;
}

// False when the rows are too many for the memory.
Result<bool> Lesson::keep(const std::string& sql, size_t memory_bytes_max) {
    auto reader = TRY(session_->query(sql));
    schema_ = reader.schema();
    schema_.resize(schema_.size() - 2);
    std::vector<Unsorted> columns;
    for (const auto& column : schema_) columns.push_back({.type = column.type});
    std::vector<Digest> digests;
    while (const auto views = TRY(reader.next())) {
        size_t bytes = 0;
        for (size_t i = 0; i < columns.size(); ++i) {
            columns[i].add(views->columns[i]);
            bytes += columns[i].size_bytes();
        }
        if (bytes > memory_bytes_max) return false;
        const auto* high = views->columns[columns.size()].values<uint64_t>();
        const auto* low = views->columns[columns.size() + 1].values<uint64_t>();
        for (size_t row = 0; row < views->row_count; ++row)
            digests.push_back({high[row], low[row]});
    }
    row_count_ = digests.size();
    std::vector<uint32_t> order(row_count_);
    for (uint32_t row = 0; row < order.size(); ++row) order[row] = row;
    std::ranges::sort(order, {}, [&](uint32_t row) { return digests[row]; });
    for (auto& column : columns) {
        columns_.push_back(column.in_order(order));
        column = {};
    }
    return true;
}

train::Scan Lesson::scan() const {
    return [this](const train::Visit& visit) {
        return is_in_memory_ ? visit_kept(visit) : visit_table(visit);
    };
}

Status Lesson::visit_kept(const train::Visit& visit) const {
    std::vector<frame::ColumnView> views;
    for (size_t first = 0; first < row_count_; first += frame::kBatchRowsMax) {
        const size_t count = std::min(frame::kBatchRowsMax, row_count_ - first);
        views.clear();
        for (size_t i = 0; i < columns_.size(); ++i) {
            const auto& [values, validity, texts] = columns_[i];
            const auto& type = schema_[i].type;
            // Batches begin at a multiple of 64, so validity words can be shared.
            views.push_back({type, values.data() + first * frame::value_size_bytes(type),
                             validity.data() + first / 64, count});
        }
        TRY(visit({views, count}));
    }
    return {};
}

Status Lesson::visit_table(const train::Visit& visit) const {
    auto reader = TRY(session_->query("from " + std::string(kTable)));
    while (const auto views = TRY(reader.next())) {
        TRY(visit(frame::BatchView{views->columns, views->row_count}));
    }
    return {};
}

Result<frame::Batch> Lesson::first_rows(size_t row_count) const {
    if (!is_in_memory_) {
        return session_->query_all("from " + std::string(kTable) + " limit " +
                                   std::to_string(row_count));
    }
    frame::Batch first{.schema = schema_, .columns = {}, .row_count = 0};
    first.row_count = std::min(row_count, row_count_);
    for (size_t i = 0; i < columns_.size(); ++i) {
        const auto& [values, validity, texts] = columns_[i];
        const frame::ColumnView view{schema_[i].type, values.data(), validity.data(), row_count_};
        first.columns.emplace_back(view.type);
        for (size_t row = 0; row < first.row_count; ++row)
            first.columns.back().append_from(view, row);
    }
    return first;
}

Status Lesson::drop() {
    columns_.clear();
    row_count_ = 0;
    return is_in_memory_ ? Status() : session_->execute("drop table " + std::string(kTable));
}

}  // namespace quern::flow
