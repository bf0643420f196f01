#include "quern/store/check_history.h"

#include "quern/base/clock.h"

namespace quern::store {

Status CheckHistory::add(const std::vector<CheckRecord>& records) {
    return database_.transaction([&]() -> Status {
        for (const auto& record : records) {
            TRY(database_.run("insert into check_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              {record.run, record.node, record.check, record.column,
                               record.severity, record.state, record.failing_count,
                               record.row_count, record.message, unix_ms_now()}));
        }
        return {};
    });
}

Result<std::vector<CheckRecord>> CheckHistory::latest_of(const std::string& node) {
    std::vector<CheckRecord> records;
    for (const auto& row : TRY(database_.rows(
             "select run, node, check_name, column_name, severity, state, failing_count, "
             "row_count, message, checked_ms from check_results where node = ?1 and run = "
             "(select max(run) from check_results where node = ?1) order by rowid",
             {node}))) {
        records.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), row.text(4),
                           row.text(5), row.integer(6), row.integer(7), row.text(8),
                           row.integer(9)});
    }
    return records;
}

}  // namespace quern::store
