// How each check of each run came out.
#pragma once

#include <string>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

struct CheckRecord {
    int64_t run = 0;
    std::string node;         // kind:name
    std::string check;        // as written: "income between 0 and 10000000"
    std::string column = {};  // empty: of the table
    std::string severity;
    std::string state;  // passed, warned, failed
    int64_t failing_count = 0, row_count = 0;
    std::string message = {};
    int64_t checked_ms = 0;
};

class CheckHistory {
public:
    explicit CheckHistory(Store& store) : database_(store.database()) {}

    Status add(const std::vector<CheckRecord>& records);  // all or none
    Result<std::vector<CheckRecord>> latest_of(const std::string& node);

private:
    Database& database_;
};

}  // namespace quern::store
