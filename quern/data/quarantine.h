// Rows that could not be loaded, kept with the reason: table (file, line, reason, raw).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "quern/base/status.h"

namespace quern::sql {
class Session;
}

namespace quern::data {

class Quarantine {
public:
    // `table` is a quoted name; it is made anew, in the session's current transaction if any.
    static Result<Quarantine> create(sql::Session& session, std::string table);

    struct Row {
        std::string_view file;
        int64_t line = 0;  // 0: unknown
        std::string_view reason;
        std::string_view raw;  // any bytes; stored printable
    };
    Status add(const Row& row);
    Status flush();  // after the last row

    int64_t row_count() const { return row_count_; }
    const std::string& first_reason() const { return first_reason_; }  // "data/x.csv:7: ..."

private:
    Quarantine(sql::Session& session, std::string table)
        : session_(&session), table_(std::move(table)) {}

    sql::Session* session_;
    std::string table_;
    std::string values_;  // of an INSERT, up to kInsertSizeBytes
    int64_t row_count_ = 0;
    std::string first_reason_;
};

}  // namespace quern::data
