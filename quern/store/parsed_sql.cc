#include "quern/store/parsed_sql.h"

#include "quern/base/clock.h"

namespace quern::store {
namespace {

constexpr int64_t kEntriesMax = 20'000;

}  // namespace

Result<std::map<std::string, std::string>> ParsedSql::all() {
    std::map<std::string, std::string> facts;
    for (const auto& row : TRY(database_.rows("select text_hash, facts from parsed_sql"))) {
        facts.emplace(row.text(0), row.text(1));
    }
    return facts;
}

Status ParsedSql::add(const std::vector<std::pair<std::string, std::string>>& facts) {
    if (facts.empty()) return {};
    return database_.transaction([&]() -> Status {
        const int64_t now = unix_ms_now();
        for (const auto& [hash, text] : facts) {
            TRY(database_.run("insert or replace into parsed_sql values (?, ?, ?)",
                              {hash, text, now}));
        }
        return database_.run(
            "delete from parsed_sql where text_hash not in "
            "(select text_hash from parsed_sql order by used_ms desc limit ?)",
            {kEntriesMax});
    });
}

}  // namespace quern::store
