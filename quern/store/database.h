// SQLite behind Status: one connection, safe to share between threads. Only database.cc sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "quern/base/status.h"

namespace quern::store {

using Value = std::variant<std::nullptr_t, int64_t, double, std::string>;

class Row {
public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

    bool is_null(size_t column) const { return values_[column].index() == 0; }
    // Zero or empty for NULL and for values of another kind.
    int64_t integer(size_t column) const;
    double number(size_t column) const;
    std::string text(size_t column) const;

private:
    std::vector<Value> values_;
};

class Database {
public:
    // Makes the file if there is none. WAL, synchronous=FULL, foreign keys, a busy timeout.
    static Result<std::unique_ptr<Database>> open(const std::string& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // One statement; `values` fill its question marks in order.
    Status run(std::string_view sql, std::initializer_list<Value> values = {});
    Status run_script(const std::string& sql);
    // The same without waiting for the disk: when the power goes, the last of what was written so
    // may be lost, but never before what was written later. A killed process loses nothing.
    Result<std::vector<Row>> rows_soon(std::string_view sql, std::initializer_list<Value> values);
    Result<std::vector<Row>> rows(std::string_view sql, std::initializer_list<Value> values = {});

    // All of the body or nothing; inside another transaction it joins that one. Other threads wait.
    Status transaction(const std::function<Status()>& body);

    // Changes whenever another connection has committed; costs microseconds.
    Result<int64_t> data_version();
    const std::string& path() const { return path_; }

private:
    struct Connection;
    Database(std::string path, std::unique_ptr<Connection> connection);

    std::string path_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace quern::store
