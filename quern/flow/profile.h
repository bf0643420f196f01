// What a loaded table's columns hold, as far as `quern new` needs it to write a project.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quern/frame/type.h"
#include "quern/sql/session.h"

namespace quern::flow {

struct ValueCount {
    std::string text;
    int64_t row_count = 0;
};

struct ColumnProfile {
    std::string name;
    frame::Type type;
    int64_t row_count = 0, null_count = 0, distinct_count = 0;
    std::string lowest, highest;     // of numbers and times, as SQL writes them
    bool has_outer_spaces = false;   // texts that trim() would change
    std::vector<ValueCount> values;  // all of them, most frequent first, up to kListedValuesMax

    bool is_constant() const { return distinct_count <= 1; }
    // Each row has its own value: a key, or a name.
    bool is_unique() const { return null_count == 0 && distinct_count == row_count; }
};
constexpr int64_t kListedValuesMax = 20;

struct TableProfile {
    int64_t row_count = 0, duplicate_count = 0;  // rows that are equal to an earlier one
    std::vector<ColumnProfile> columns;
};

// `relation` is SQL that names the rows. Texts are looked at as trim() leaves them.
Result<TableProfile> profile_table(sql::Session& session, const std::string& relation);

// Texts that stand for "not known" in the table: exactly as written, '?' and ' ?' apart.
Result<std::vector<std::string>> missing_marks(sql::Session& session, const std::string& relation);

}  // namespace quern::flow
