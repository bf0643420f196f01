// Puts the rows of staged files into a typed table: first fast, as if every value fitted; if not,
// carefully, so that each value that does not fit is found and its row quarantined.
#pragma once

#include <functional>
#include <string>

#include "quern/data/quarantine.h"
#include "quern/data/source_format.h"

namespace quern::data {

struct Insert {
    sql::Session& session;
    const project::Source& source;
    std::string table;  // quoted
    frame::Schema columns;
    std::string date_format, timestamp_format;
    int64_t row_count = 0;  // inserted so far

    Status create_table();
    // `stage_again` gives the same file as a clean copy, for the case that DuckDB and our own
    // count of the rows disagree.
    Status add(const Staged& staged, Quarantine& quarantine,
               const std::function<Result<Staged>()>& stage_again);

private:
    struct Value;  // of one column: how it is read and when it does not fit
    std::vector<Value> values(const Staged& staged) const;
    Result<bool> add_fast(const Staged& staged);
    Status add_carefully(const Staged& staged, Quarantine& quarantine);
    Result<int64_t> quarantine_misfits(const Staged& staged, Quarantine& quarantine);
    Result<int64_t> insert_rows(const std::string& sql);
};

}  // namespace quern::data
