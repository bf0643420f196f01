// One SQL expression over a table of hostile rows, as DuckDB and as the compiled scorer see it.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/request.h"

namespace quern::score {

// The text of a value; or that it is NULL, or that computing it fails.
struct Outcome {
    enum Kind { value, null, failed } kind = null;
    std::string text;
    bool operator==(const Outcome&) const = default;
};

struct Comparison {
    bool is_refused = false;  // no compiled form; `why` says it
    bool is_invalid = false;  // DuckDB itself refuses the expression
    std::string why;
    size_t row_count = 0, difference_count = 0;
    std::string first_difference;
};

class Oracle {
public:
    Oracle();
    ~Oracle();
    Oracle(const Oracle&) = delete;

    // Both sides over all rows of the table `t`, in batches of `batch_rows`.
    Comparison compare(const std::string& expression, size_t batch_rows = 2048);

    // DuckDB's bound plan of a SELECT, as JSON.
    std::string plan_of(const std::string& select);
    void run(const std::string& sql);

private:
    std::vector<std::vector<Outcome>> query(const std::string& sql, std::string& error);
    void read_table();
    std::vector<Outcome> wanted(const std::string& expression, std::string& error);
    void feed(const Program& program, size_t first, size_t count, RowReader& reader) const;
    const Outcome& cell_of(std::string_view column, size_t row) const;
    std::string difference_text(const Program& program, size_t row, const Outcome& want,
                                const Outcome& found) const;

    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
    struct Table;
    Table* table_ = nullptr;
};

// The columns of `t` and their types, for those who write expressions.
struct TestColumn {
    std::string_view name, type;
};
extern const std::vector<TestColumn> kTestColumns;

}  // namespace quern::score
