#include "quern/data/quarantine.h"

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"
#include "quern/data/rows.h"

namespace quern::data {
namespace {

constexpr size_t kInsertSizeBytes = 1 << 20;

}  // namespace

Result<Quarantine> Quarantine::create(sql::Session& session) {
    TRY(
        session.execute("create or replace temp table quern_quarantine "
                        "(file varchar, line bigint, reason varchar, raw varchar)"));
    return Quarantine(session);
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

Result<int64_t> Quarantine::publish(const std::string& table) {
    TRY(flush());
    TRY(session_->execute("create or replace table " + table +
                          " as from temp.quern_quarantine; drop table temp.quern_quarantine"));
    return session_->query_int("select count(*) from " + table);
}

Status Quarantine::flush() {
    if (values_.empty()) return {};
    TRY(session_->execute("insert into temp.quern_quarantine values " + values_));
    values_.clear();
    return {};
}

}  // namespace quern::data
