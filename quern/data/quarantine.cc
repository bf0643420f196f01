#include "quern/data/quarantine.h"

#include "quern/base/text.h"
#include "quern/data/record_scanner.h"
#include "quern/data/rows.h"

namespace quern::data {
namespace {

constexpr size_t kInsertSizeBytes = 1 << 20;

}  // namespace

Result<Quarantine> Quarantine::create(sql::Session& session, OriginOf origin_of) {
    TRY(
        session.execute("create or replace temp table quern_quarantine "
                        "(file varchar, line bigint, reason varchar, raw varchar)"));
    return Quarantine(session, std::move(origin_of));
}

Status Quarantine::add(const Row& row) {
    ++row_count_;
    RowOrigin origin{std::string(row.file), row.line};
    const bool has_line = row.line > 0;
    if (has_line && origin_of_) origin = origin_of_(row.line);
    if (origin.reason.empty()) origin.reason = row.reason;
    const std::string_view raw = origin.raw.empty() ? row.raw : origin.raw;
    const std::string line = has_line ? std::to_string(origin.number) : "null";
    if (first_reason_.empty()) {
        first_reason_ =
            origin.place + (has_line ? ":" + line : "") + ": " + printable(origin.reason, 400);
    }
    values_ += values_.empty() ? "(" : ", (";
    values_ += quote_literal(printable(origin.place)) + ", " + line + ", " +
               quote_literal(printable(origin.reason, 1000)) + ", " +
               quote_literal(printable(raw)) + ")";
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
