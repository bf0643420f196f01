// Facts of SQL texts that were parsed before, so that planning what did not change costs nothing.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

class ParsedSql {
public:
    explicit ParsedSql(Store& store) : database_(store.database()) {}

    Result<std::map<std::string, std::string>> all();  // text hash -> facts (JSON)
    Status add(const std::vector<std::pair<std::string, std::string>>& facts);

private:
    Database& database_;
};

}  // namespace quern::store
