#include "quern/data/quarantine.h"

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"
#include "quern/data/rows.h"

namespace quern::data {
namespace {

constexpr size_t kInsertSizeBytes = 1 << 20;

}  // namespace

Result<Quarantine> Quarantine::create(sql::Session& session, std::string table) {
    TRY(session.execute("create or replace table " + table +
                        " (file varchar, line bigint, reason varchar, raw varchar)"));
    return Quarantine(session, std::move(table));
}

Status Quarantine::add(const Row& row) {
    ++row_count_;
    const std::string line = row.line > 0 ? std::to_string(row.line) : "null";
    if (first_reason_.empty()) {
        first_reason_ = std::string(row.file) + (row.line > 0 ? ":" + line : "") + ": " +
                        printable(row.reason, 400);
    }
    values_ += values_.empty() ? "(" : ", (";
    values_ += quote_literal(printable(row.file)) + ", " + line + ", " +
               quote_literal(printable(row.reason, 1000)) + ", " +
               quote_literal(printable(row.raw)) + ")";
    return values_.size() > kInsertSizeBytes ? flush() : Status();
}

Status Quarantine::flush() {
    if (values_.empty()) return {};
    TRY(session_->execute("insert into " + table_ + " values " + values_));
    values_.clear();
    return {};
}

}  // namespace quern::data
