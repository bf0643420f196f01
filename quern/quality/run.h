// All checks of a table, in one scan of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "quern/project/project.h"
#include "quern/quality/check.h"
#include "quern/sql/session.h"

namespace quern::quality {

struct CheckTarget {
    std::string table;     // public name
    std::string relation;  // SQL that names the rows to check: "quern_data"."t__1a2b"
    frame::Schema schema;
    bool has_row_numbers = true;                   // a physical table; a view has none
    std::map<std::string, std::string> relations;  // of other tables, where not by public name
};

struct CheckResult {
    std::string name, column;  // the check's own name; column is empty for table checks
    std::string words;         // "age between 17 and 90"
    project::Severity severity = project::Severity::error;
    bool has_passed = true;
    int64_t failing_count = 0, checked_count = 0;
    std::string example;  // "age = 117 (row 1,204)"; empty when it passed or has none
    std::string where;    // the check's place in the project
};

struct CheckReport {
    std::vector<CheckResult> results;  // in the order of the specs
    int64_t row_count = 0;
    std::string failed_rows;  // SQL name of the table that keeps failing rows; empty: none

    int64_t failed_count(project::Severity severity) const;
    bool has_passed() const { return failed_count(project::Severity::error) == 0; }
};

constexpr int64_t kFailedRowsMax = 1000;  // kept of each failed check

// Whether each check is known, its arguments are right and its columns are there: all faults, each
// with its place. Reads no data.
Status validate_checks(const std::vector<project::CheckSpec>& specs, const CheckTarget& target);

// Runs all of them. Failing rows are kept in quern_failed."<table>", their reason in the first
// column; the table is removed when everything passes.
Result<CheckReport> run_checks(sql::Session& session, const CheckTarget& target,
                               const std::vector<project::CheckSpec>& specs);

// "age between 17 and 90: 41 rows, such as age = 117 (row 1,204)"
std::string failure_words(const CheckResult& result);

}  // namespace quern::quality
