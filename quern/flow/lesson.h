// The rows that a model learns from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quern/frame/batch.h"
#include "quern/sql/session.h"
#include "quern/train/fit_model.h"

namespace quern::flow {

// Gives the rows in one order for equal rows, whatever DuckDB's threads did to the table: by a
// digest of all columns that are read. Rows that are equal in all of these can change places
// without being seen. Few rows are kept in memory, others in a sorted temporary table.
class Lesson {
public:
    static constexpr size_t kMemoryBytesMax = 48 << 20;

    // ENUMs are read as texts; lists, structs and maps as JSON, which is how the scorer takes them.
    static Result<Lesson> read(sql::Session& session, const std::string& from,
                               const std::vector<std::string>& columns,
                               size_t memory_bytes_max = kMemoryBytesMax);

    const frame::Schema& schema() const { return schema_; }
    train::Scan scan() const;  // good as long as the lesson and the session are
    Result<frame::Batch> first_rows(size_t row_count) const;
    Status drop();  // the temporary table, if there is one

private:
    struct Kept {  // a column
        std::vector<std::byte> values;
        std::vector<uint64_t> validity;
        std::vector<std::unique_ptr<char[]>> texts;  // what the values point to
    };
    struct Unsorted;

    Result<bool> keep(const std::string& sql, size_t memory_bytes_max);
    Status visit_kept(const train::Visit& visit) const;
    Status visit_table(const train::Visit& visit) const;

    sql::Session* session_ = nullptr;
    bool is_in_memory_ = false;
    frame::Schema schema_;
    std::vector<Kept> columns_;
    size_t row_count_ = 0;
};

}  // namespace quern::flow
