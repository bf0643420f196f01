#include "quern/store/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

namespace quern::store {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kRowsMax = 1'000'000;
constexpr size_t kPreparedMax = 128;

Status disk_full(const std::string& path) {
    return resource_exhausted("the disk is full: cannot write " + path)
        .hint("free some space and run again; nothing that was there is lost");
}

Status fault_of(sqlite3* handle, int result, const std::string& path) {
    const std::string message = sqlite3_errmsg(handle);
    switch (result & 0xff) {
        case SQLITE_FULL:
            return disk_full(path);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return unavailable(path + " is being written by another process")
                .hint("try again in a moment");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return corrupt(path + " is damaged: " + message)
                .hint("restore it from a backup, or move it away and run `quern run` again");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            return permission_denied("cannot open " + path + " for writing: " + message);
        case SQLITE_IOERR:
            if (sqlite3_system_errno(handle) == ENOSPC) return disk_full(path);
            return unavailable("cannot read or write " + path + ": " + message);
        default:
            return internal("state query failed: " + message);
    }
}

Value value_of(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return static_cast<int64_t>(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_NULL:
            return nullptr;
        default: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
            return bytes == nullptr ? std::string() : std::string(bytes, size);
        }
    }
}

void bind(sqlite3_stmt* statement, int index, const Value& value) {
    if (const auto* integer = std::get_if<int64_t>(&value)) {
        sqlite3_bind_int64(statement, index, *integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
        sqlite3_bind_double(statement, index, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8);
    } else {
        sqlite3_bind_null(statement, index);
    }
}

}  // namespace

int64_t Row::integer(size_t column) const {
    const auto* value = std::get_if<int64_t>(&values_[column]);
    return value == nullptr ? 0 : *value;
}
double Row::number(size_t column) const {
    const auto* value = std::get_if<double>(&values_[column]);
    return value == nullptr ? static_cast<double>(integer(column)) : *value;
}
std::string Row::text(size_t column) const {
    const auto* value = std::get_if<std::string>(&values_[column]);
    return value == nullptr ? std::string() : *value;
}

struct Database::Connection {
    sqlite3* handle = nullptr;
    std::recursive_mutex mutex;
    int depth = 0;  // of transactions
    std::map<std::string, sqlite3_stmt*, std::less<>> prepared;

    ~Connection() {
        forget_prepared();
        sqlite3_close(handle);
    }
    void forget_prepared() {
        for (const auto& [sql, statement] : prepared) sqlite3_finalize(statement);
        prepared.clear();
    }
    Status fault(int result, const std::string& path) const {
        return fault_of(handle, result, path);
    }
    // The statement, ready to be bound; kept for the next time.
    sqlite3_stmt* prepare(std::string_view sql, int& result) {
        auto found = prepared.find(sql);
        if (found != prepared.end()) return found->second;
        if (prepared.size() >= kPreparedMax) forget_prepared();
        sqlite3_stmt* statement = nullptr;
        result = sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &statement,
                                    nullptr);
        if (result == SQLITE_OK) prepared.emplace(sql, statement);
        return statement;
    }
};

Database::Database(std::string path, std::unique_ptr<Connection> connection)
    : path_(std::move(path)), connection_(std::move(connection)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
    auto connection = std::make_unique<Connection>();
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    const int result = sqlite3_open_v2(path.c_str(), &connection->handle, flags, nullptr);
    if (result != SQLITE_OK) return connection->fault(result, path);
    sqlite3_extended_result_codes(connection->handle, 0);
    sqlite3_busy_timeout(connection->handle, kBusyTimeoutMs);
    std::unique_ptr<Database> database(new Database(path, std::move(connection)));
    TRY(database->run_script(
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;"));
    return database;
}

Status Database::run(std::string_view sql, std::initializer_list<Value> values) {
    TRY(rows(sql, values));
    return {};
}

Status Database::run_script(const std::string& sql) {
    const std::lock_guard lock(connection_->mutex);
    const int result = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
    return result == SQLITE_OK ? Status() : connection_->fault(result, path_);
}

Result<std::vector<Row>> Database::rows(std::string_view sql, std::initializer_list<Value> values) {
    const std::lock_guard lock(connection_->mutex);
    int result = SQLITE_OK;
    sqlite3_stmt* statement = connection_->prepare(sql, result);
    if (result != SQLITE_OK) return connection_->fault(result, path_);
    int index = 0;
    for (const auto& value : values) bind(statement, ++index, value);
    std::vector<Row> found;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && found.size() < kRowsMax) {
        std::vector<Value> row;
        for (int column = 0; column < sqlite3_column_count(statement); ++column) {
            row.push_back(value_of(statement, column));
        }
        found.emplace_back(std::move(row));
    }
    Status status;
    if (result != SQLITE_DONE && result != SQLITE_ROW) status = connection_->fault(result, path_);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (!status.ok()) return status;
    return found;
}

Result<std::vector<Row>> Database::rows_soon(std::string_view sql,
                                             std::initializer_list<Value> values) {
    const std::lock_guard lock(connection_->mutex);
    if (connection_->depth > 0) return rows(sql, values);
    TRY(run_script("pragma synchronous = normal"));
    auto found = rows(sql, values);
    TRY(run_script("pragma synchronous = full"));
    return found;
}

Status Database::transaction(const std::function<Status()>& body) {
    const std::lock_guard lock(connection_->mutex);
    if (connection_->depth > 0) return body();
    TRY(run_script("begin immediate"));
    ++connection_->depth;
    Status status = body();
    --connection_->depth;
    if (status.ok()) status = run_script("commit");
    if (!status.ok()) run_script("rollback").ignore("the first fault is what matters");
    return status;
}

Result<int64_t> Database::data_version() {
    const auto found = TRY(rows("pragma data_version"));
    return found.empty() ? 0 : found[0].integer(0);
}

}  // namespace quern::store
