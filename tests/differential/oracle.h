// SQL expressions over a table of hostile rows, as DuckDB and as the compiled scorer see them.
#pragma once

#include <duckdb.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/score/compile.h"
#include "quern/score/scorer.h"

namespace quern::score {

// The values of one expression; bits of `failed` are rows where computing it fails.
struct Answers {
    frame::Column values;
    std::vector<bool> failed;
};

// Where both have the same outcome, bit for bit; the sign and payload of a NaN mean nothing.
bool is_same(const Answers& a, size_t row_a, const Answers& b, size_t row_b);

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
    // Many at once over one part of the table; one program computes them all.
    static constexpr size_t kPartCount = 8, kPartRows = 32;
    std::vector<Comparison> compare(std::span<const std::string> expressions, size_t part);

    // Leaves a few rows in `t`, with texts of a million bytes.
    void keep_huge_texts();

    // DuckDB's bound plan of a SELECT, as JSON.
    std::string plan_of(const std::string& select);
    void run(const std::string& sql);
    // The result's columns; `error` is set instead when there is none.
    std::vector<Answers> query(const std::string& sql, std::string& error);

    // Runs it and keeps nothing: how many rows there were.
    size_t stream(const std::string& sql);

    size_t row_count() const { return table_[0].failed.size(); }
    // Rows of a column of `t`; behind the last comes the first again.
    frame::Column input_rows(std::string_view name, size_t first, size_t count) const;

    // How often each row function stood in a program that was compared.
    const std::map<std::string, size_t>& seen() const { return seen_; }

private:
    struct Work;
    void compare(const Work& work, std::span<Comparison> out);
    void read_table();
    void compare_values(const Work& work, Program program, const std::vector<Answers>& want,
                        std::span<Comparison> out);
    std::string row_text(const Program& program, size_t row) const;

    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
    std::vector<Answers> table_;  // columns of `t`
    std::map<std::string, size_t> seen_;
};

// The rules of a time zone, as a project's own plans get them.
Result<std::string> zone_rules(std::string_view name);
// A program whose only work is its features.
Program program_of(CompiledFeatures compiled);
// Every feature of a program over rows of `t`, in batches.
Result<std::vector<Answers>> score_rows(const Oracle& oracle, const Scorer& scorer,
                                        size_t first_row, size_t row_count, size_t batch_rows);

// The columns of `t` and their types, for those who write expressions.
struct TestColumn {
    std::string_view name, type;
};
extern const std::vector<TestColumn> kTestColumns;

}  // namespace quern::score
