// Rows as CSV, JSON and NDJSON, batch after batch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "quern/frame/batch.h"

namespace quern::frame {

// csv: a header, RFC 4180's quotes; NULL is empty, an empty text is "".
// json: one array of objects; ndjson: an object a line. Numbers keep all their digits; infinities
// and NaN are null; types that frame does not keep are DuckDB's text of them.
enum class RowFormat { csv, json, ndjson };

class RowWriter {
public:
    using Sink = std::function<Status(std::string_view bytes)>;

    // Names that JSON would hold twice get a number: "a", "a_1".
    RowWriter(const Schema& schema, RowFormat format, Sink sink);
    Status write(std::span<const ColumnView> columns, size_t row_count);
    Status write(const Batch& batch);
    Status finish();  // after the last batch, also when there was none

private:
    void add_row(std::span<const ColumnView> columns, size_t row);
    void add_json_row(std::span<const ColumnView> columns, size_t row);
    void begin();

    std::vector<std::string> names_;  // as they are written
    RowFormat format_;
    Sink sink_;
    std::string pending_;
    bool has_begun_ = false, has_rows_ = false;
};

}  // namespace quern::frame
