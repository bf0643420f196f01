// A kind of check: from the words in a table's settings to SQL that finds the rows that break them.
// Adding one is a file with one QUERN_REGISTER(Check); run.h runs all checks of a table in one
// scan.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/registry.h"
#include "quern/frame/type.h"
#include "quern/project/project.h"

namespace quern::quality {

// What a check may look at.
struct CheckContext {
    const project::CheckSpec* spec = nullptr;
    std::string table;     // public name of the table that is checked
    std::string relation;  // SQL that names its rows: "quern_data"."t__1a2b"
    const frame::Schema* schema = nullptr;
    const frame::ColumnSpec* column = nullptr;  // the spec's one column; null for table checks
    // SQL that names the rows of another table, by public name; absent names stay bare.
    std::map<std::string, std::string> relations;

    std::string column_sql() const;  // the column, quoted
    // The SQL that names a table's rows.
    std::string relation_of(const std::string& name) const;
};

// SQL made of a check. NULL passes unless the check is about NULL, as in dbt.
struct BoundCheck {
    std::string words;  // "age between 17 and 90", as messages say it
    // A condition over one row of the table, true where the row fails, never NULL. Checks of
    // single rows give just this.
    std::string failing;
    // Aggregates over the table; where empty: how many rows are failing, and how many are there
    // with a value in the column.
    std::string failing_count, checked_count;
    std::string failing_rows;  // SELECT of the rows to keep; where empty: those that are failing
    std::string measured;      // aggregate whose text is shown when the check fails: count(*)
};

struct Check {
    static constexpr std::string_view kind = "check";
    std::string_view name;
    std::string_view summary;
    std::string_view example;               // a line of a table's settings
    std::vector<std::string_view> aliases;  // dbt's and Great Expectations' names for it
    bool is_of_column = true;               // else of the whole table
    std::vector<Param> params;              // of the arguments
    std::function<Result<BoundCheck>(const CheckContext&)> bind;
};

// The check of that name or alias; unknown ones with the nearest known name as the hint.
Result<const Check*> find_check(std::string_view name);

// A value from the settings as a SQL literal of the column's type; refuses text where numbers are.
Result<std::string> literal_of(const Located& value, const frame::ColumnSpec& column);

}  // namespace quern::quality
