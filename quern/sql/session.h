// The only door to DuckDB: databases, sessions and what queries give back. Everything that goes
// wrong comes as a Status: DuckDB's words, the nearest known name as the hint and, for SQL of the
// user's, its place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quern/frame/batch.h"

namespace quern::sql {

// The place in the user's own files of a byte of the SQL that runs, as Status::at takes it.
using PlaceOf = std::function<std::string(size_t offset)>;
// "query:1:8", for SQL that stands in no file.
PlaceOf place_in_text(std::string name, std::string sql);
// The status at the place of that byte; as it is where no places are known.
Status placed(Status status, const PlaceOf& place, size_t offset);

struct DatabaseSettings {
    std::string path;  // empty: in memory
    bool is_read_only = false;
    int64_t threads = 0;          // 0: all this process may use
    uint64_t memory_bytes = 0;    // 0: 60 % of what this process may use
    std::string temp_folder;      // for what does not fit; empty: none, and nothing spills
    uint64_t temp_bytes_max = 0;  // 0: nine tenths of what is free there now
    std::string search_folder;    // where files without a path are looked for; empty: nowhere
};

class Session;

// One open database file. Sessions keep it alive. DuckDB lets one process write at a time. Not for
// static variables: they go after what DuckDB keeps for the main thread.
class Database {
public:
    // unavailable: another process has it open; corrupt: DuckDB cannot read or replay it.
    static Result<Database> open(const DatabaseSettings& settings);
    Result<Session> connect() const;

    struct State;

private:
    explicit Database(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

// The rows of a query, batch by batch as DuckDB makes them. The session must outlive it and runs
// nothing else meanwhile.
class Reader {
public:
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;
    ~Reader();

    const frame::Schema& schema() const;
    // The next batch (at most frame::kBatchRowsMax rows); nothing at the end. Its views are good
    // until the next call.
    struct Views {
        std::vector<frame::ColumnView> columns;
        size_t row_count = 0;
    };
    Result<std::optional<Views>> next();

    struct State;

private:
    friend class Session;
    explicit Reader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A connection: one thread at a time, apart from interrupt().
class Session {
public:
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    // Runs one or more statements; what they return is dropped.
    Status execute(std::string_view sql, const PlaceOf& place = {});
    // The first failure inside rolls all of it back.
    Status in_transaction(const std::vector<std::string>& statements);
    Status in_transaction(const std::function<Status()>& body);
    // One statement that returns rows. Columns of types that frame does not keep come as text.
    Result<Reader> query(std::string_view sql, const PlaceOf& place = {});
    // All rows at once, owned; resource_exhausted beyond `row_count_max`.
    static constexpr size_t kRowCountMax = 10'000'000;
    Result<frame::Batch> query_all(std::string_view sql, size_t row_count_max = kRowCountMax);
    // The first column of the only row.
    Result<int64_t> query_int(std::string_view sql);
    Result<std::optional<std::string>> query_text(std::string_view sql);  // nothing for NULL
    // Names and types of what a SELECT gives, without running it.
    Result<frame::Schema> columns_of(std::string_view sql, const PlaceOf& place = {});
    // True for one statement that gives rows and changes nothing: a SELECT in any form, SHOW,
    // DESCRIBE, SUMMARIZE, and an EXPLAIN of one.
    Result<bool> only_reads(std::string_view sql, const PlaceOf& place = {});
    // Adds rows to a table; columns by position, of equal types.
    struct TableName {
        std::string schema = "main", table;
    };
    Status append(const TableName& table, const frame::Batch& batch);

    // Stops the query that runs now, from any thread; it ends as `cancelled`.
    void interrupt();

    struct State;
    State& state() { return *state_; }

private:
    friend class Database;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

std::string engine_version();  // of DuckDB: "v1.5.5"

}  // namespace quern::sql
