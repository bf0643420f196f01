// What is known of SQL texts by parsing: from the store when they were parsed before, else from
// DuckDB, which is asked for at the first text that is new.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "quern/sql/catalog.h"
#include "quern/store/parsed_sql.h"

namespace quern::flow {

struct SqlFacts {
    std::vector<sql::NameUse> tables;
    std::vector<sql::ModelCallUse> model_calls;
    std::string normal_hash;  // equal for texts that differ in formatting alone
};

class SqlFactsCache {
public:
    // Without a store nothing is remembered.
    static Result<SqlFactsCache> open(store::Store* store, sql::SharedCatalog& catalog);

    // Parses those that are new in one go, so that asking for each is quick.
    Status prepare(std::span<const sql::SqlText> texts);
    // Also refuses what no table of a project may hold, see check_project_sql.
    Result<SqlFacts> facts_of(const std::string& sql, const sql::PlaceOf& place);
    Status save();  // what was parsed since

    SqlFactsCache(SqlFactsCache&&) noexcept;
    ~SqlFactsCache();

private:
    SqlFactsCache();
    Result<SqlFacts> keep(const std::string& key, Result<sql::Syntax> syntax,
                          const sql::PlaceOf& place);

    store::Store* store_ = nullptr;
    std::map<std::string, std::string> known_;
    std::vector<std::pair<std::string, std::string>> fresh_;
    sql::SharedCatalog* catalog_ = nullptr;
};

}  // namespace quern::flow
