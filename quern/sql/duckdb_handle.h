// DuckDB's C handles with owners.
#pragma once

#include <duckdb.h>

#include <memory>
#include <utility>

namespace quern::sql {

template <class Handle, auto destroy>
class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) : handle_(handle) {}
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (handle_ != nullptr) destroy(&handle_);
    }
    Handle get() const { return handle_; }
    Handle* out() { return &handle_; }  // for calls that make one

private:
    Handle handle_ = nullptr;
};

using OwnedDatabase = Owned<duckdb_database, duckdb_close>;
using OwnedConnection = Owned<duckdb_connection, duckdb_disconnect>;
using OwnedConfig = Owned<duckdb_config, duckdb_destroy_config>;
using OwnedStatement = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using OwnedStatements = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using OwnedChunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using OwnedType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using OwnedAppender = Owned<duckdb_appender, duckdb_appender_destroy>;

class OwnedResult {
public:
    OwnedResult() = default;
    OwnedResult(const OwnedResult&) = delete;
    OwnedResult& operator=(const OwnedResult&) = delete;
    ~OwnedResult() { duckdb_destroy_result(&result_); }
    duckdb_result* out() { return &result_; }

private:
    duckdb_result result_{};
};

}  // namespace quern::sql
