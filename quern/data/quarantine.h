// Rows that could not be loaded, kept with the reason: table (file, line, reason, raw).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "quern/base/status.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

// Where a row was before it was written into the file that is read.
struct RowOrigin {
    std::string place;  // "orders[3]"
    int64_t number = 0;
    std::string reason = {}, raw = {};  // instead of those found; empty: they say it
};
using OriginOf = std::function<RowOrigin(int64_t line)>;

class Quarantine {
public:
    // Rows are kept aside first, in a table that only this session sees; one at a time.
    // `origin_of` tells rows by where they were before, see RowOrigin.
    static Result<Quarantine> create(sql::Session& session, OriginOf origin_of = {});

    struct Row {
        std::string_view file;
        int64_t line = 0;  // 0: unknown
        std::string_view reason;
        std::string_view raw;  // any bytes; stored printable
    };
    Status add(const Row& row);
    // After the last row: replaces `table` (a quoted name) and says how many rows it holds.
    Result<int64_t> publish(const std::string& table);

    int64_t row_count() const { return row_count_; }
    const std::string& first_reason() const { return first_reason_; }  // "data/x.csv:7: ..."

private:
    Quarantine(sql::Session& session, OriginOf origin_of)
        : session_(&session), origin_of_(std::move(origin_of)) {}
    Status flush();

    sql::Session* session_;
    OriginOf origin_of_;
    std::string values_;  // of an INSERT, up to kInsertSizeBytes
    int64_t row_count_ = 0;
    std::string first_reason_;
};

}  // namespace quern::data
