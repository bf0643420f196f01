#include "quern/sql/session.h"

#include <algorithm>
#include <charconv>

#include "quern/base/text.h"
#include "quern/project/sql_text.h"
#include "quern/sql/logical_type.h"
#include "quern/sql/session_state.h"
#include "quern/sql/vector_view.h"

namespace quern::sql {
namespace {

Status error_of(duckdb_result* result, const SqlOrigin& origin) {
    const char* message = duckdb_result_error(result);
    return duckdb_status(message == nullptr ? "no reason was given" : message, origin);
}

Result<OwnedStatement> prepare(duckdb_connection connection, std::string_view sql,
                               const SqlOrigin& origin) {
    TRY(check_sql_text(origin));
    OwnedStatements statements;
    const std::string text(sql);
    const idx_t count = duckdb_extract_statements(connection, text.c_str(), statements.out());
    if (count == 0) {
        const char* message = duckdb_extract_statements_error(statements.get());
        if (message != nullptr) return duckdb_status(message, origin);
        return placed(invalid_argument("there is no SQL statement"), origin, 0);
    }
    if (count > 1) {
        return placed(invalid_argument("one SQL statement is expected, got several"), origin, 0);
    }
    OwnedStatement statement;
    if (duckdb_prepare_extracted_statement(connection, statements.get(), 0, statement.out()) !=
        DuckDBSuccess) {
        const char* message = duckdb_prepare_error(statement.get());
        return duckdb_status(message == nullptr ? "" : message, origin);
    }
    return statement;
}

frame::Schema schema_of(duckdb_prepared_statement statement) {
    frame::Schema schema;
    for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
        const OwnedType type(duckdb_prepared_statement_column_logical_type(statement, i));
        const char* name = duckdb_prepared_statement_column_name(statement, i);
        schema.push_back({name == nullptr ? "" : name, type_of(type.get())});
        duckdb_free(const_cast<char*>(name));
    }
    return schema;
}

bool keeps_all(const frame::Schema& schema) {
    return std::ranges::none_of(
        schema, [](const auto& column) { return column.type.id == frame::TypeId::other; });
}

struct Wrapped {
    std::string sql;
    size_t shift_bytes;  // how far the query moved
};
// The query with the columns that frame does not keep turned into DuckDB's text of them.
Wrapped as_texts(std::string_view sql, const frame::Schema& schema) {
    std::string select = "select ", names;
    for (size_t i = 0; i < schema.size(); ++i) {
        const std::string name = quote_identifier("c" + std::to_string(i));
        if (i > 0) select += ", ", names += ", ";
        select += name;
        if (schema[i].type.id == frame::TypeId::other) select += "::varchar";
        names += name;
    }
    select += " from (\n";
    return {select + std::string(sql) + "\n) as q(" + names + ")", select.size()};
}

bool take_word(std::string_view& sql, std::string_view word) {
    sql = trim(sql);
    const size_t end = std::min(sql.find_first_of(" \t\r\n("), sql.size());
    if (lower_ascii(sql.substr(0, end)) != word) return false;
    sql.remove_prefix(end);
    return true;
}

// What an EXPLAIN explains. Whatever is not taken off here is no SELECT to DuckDB.
std::string_view explained(std::string_view sql) {
    const auto statements = project::scan_sql(sql).statements;
    if (!statements.empty()) sql.remove_prefix(statements[0].begin);
    if (!take_word(sql, "explain")) return {};
    take_word(sql, "analyze");
    std::string_view options = trim(sql);
    if (!options.starts_with('(')) return sql;
    options.remove_prefix(1);
    const bool has_options = take_word(options, "format") || take_word(options, "analyze");
    return has_options ? options.substr(std::min(options.find(')'), options.size() - 1) + 1) : sql;
}

// Without the ';' and the comments behind it, so that it can stand in brackets.
std::string_view without_end(std::string_view sql) {
    const auto statements = project::scan_sql(sql).statements;
    return statements.size() == 1 ? sql.substr(0, statements[0].end) : sql;
}

}  // namespace

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const frame::Schema& Reader::schema() const { return state_->schema; }

Result<std::optional<Reader::Views>> Reader::next() {
    state_->chunk = OwnedChunk(duckdb_fetch_chunk(*state_->result.out()));
    if (state_->chunk.get() == nullptr) {
        const char* message = duckdb_result_error(state_->result.out());
        const bool is_failed = message != nullptr && *message != '\0';
        if (is_failed) return error_of(state_->result.out(), state_->origin());
        return std::optional<Views>();
    }
    Views views;
    views.row_count = duckdb_data_chunk_get_size(state_->chunk.get());
    for (size_t i = 0; i < state_->schema.size(); ++i) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(state_->chunk.get(), i);
        views.columns.push_back(
            view_of(vector, state_->schema[i].type, views.row_count, state_->texts[i]));
    }
    return std::optional<Views>(std::move(views));
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Status Session::execute(std::string_view sql, const PlaceOf& place) {
    const SqlOrigin origin{sql, &place};
    TRY(check_sql_text(origin));
    OwnedResult result;
    const std::string text(sql);
    if (duckdb_query(state_->connection.get(), text.c_str(), result.out()) != DuckDBSuccess) {
        return error_of(result.out(), origin);
    }
    return {};
}

Status Session::in_transaction(const std::function<Status()>& body) {
    TRY(execute("begin transaction"));
    Status status = body();
    if (status.ok()) status = execute("commit");
    if (!status.ok()) execute("rollback").ignore("the first failure is the one to tell");
    return status;
}

Status Session::in_transaction(const std::vector<std::string>& statements) {
    return in_transaction([&]() -> Status {
        for (const auto& statement : statements) TRY(execute(statement));
        return {};
    });
}

Result<Reader> Session::query(std::string_view sql, const PlaceOf& place) {
    auto state = std::make_unique<Reader::State>();
    state->sql = sql;
    state->place = place;
    state->statement = TRY(prepare(state_->connection.get(), sql, state->origin()));
    state->schema = schema_of(state->statement.get());
    if (!keeps_all(state->schema)) {
        const Wrapped wrapped = as_texts(without_end(sql), state->schema);
        state->shift_bytes = wrapped.shift_bytes;
        state->statement = TRY(prepare(state_->connection.get(), wrapped.sql, state->origin()));
    }
    if (duckdb_execute_prepared_streaming(state->statement.get(), state->result.out()) !=
        DuckDBSuccess) {
        return error_of(state->result.out(), state->origin());
    }
    state->texts.resize(state->schema.size());
    return Reader(std::move(state));
}

Result<frame::Batch> Session::query_all(std::string_view sql, size_t row_count_max) {
    Reader reader = TRY(query(sql));
    frame::Batch batch;
    batch.schema = reader.schema();
    for (const auto& column : batch.schema) batch.columns.emplace_back(column.type);
    while (auto views = TRY(reader.next())) {
        if (batch.row_count + views->row_count > row_count_max) {
            return resource_exhausted("more than " + with_thousands(int64_t(row_count_max)) +
                                      " rows");
        }
        for (size_t i = 0; i < batch.columns.size(); ++i) {
            for (size_t row = 0; row < views->row_count; ++row) {
                batch.columns[i].append_from(views->columns[i], row);
            }
        }
        batch.row_count += views->row_count;
    }
    return batch;
}

Result<std::optional<std::string>> Session::query_text(std::string_view sql) {
    Reader reader = TRY(query(sql));
    const auto views = TRY(reader.next());
    if (!views || views->row_count != 1 || views->columns.empty()) {
        return internal("one row was expected of: " + std::string(sql));
    }
    std::optional<std::string> text;
    if (views->columns[0].is_valid(0)) text = frame::value_text(views->columns[0], 0);
    // To its end: a result that is still open keeps its transaction, and what comes next, undone.
    TRY(reader.next());
    return text;
}

Result<int64_t> Session::query_int(std::string_view sql) {
    const auto text = TRY(query_text(sql));
    int64_t number = 0;
    if (!text) return internal("a number was expected, got NULL, of: " + std::string(sql));
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size()) {
        return internal("a whole number was expected, got '" + *text + "'");
    }
    return number;
}

Result<frame::Schema> Session::columns_of(std::string_view sql, const PlaceOf& place) {
    return schema_of(TRY(prepare(state_->connection.get(), sql, {sql, &place})).get());
}

Result<bool> Session::only_reads(std::string_view sql, const PlaceOf& place) {
    const auto statement = TRY(prepare(state_->connection.get(), sql, {sql, &place}));
    const auto type = duckdb_prepared_statement_type(statement.get());
    if (type != DUCKDB_STATEMENT_TYPE_EXPLAIN) return type == DUCKDB_STATEMENT_TYPE_SELECT;
    const auto rest = explained(sql);
    if (rest.empty()) return false;
    const auto inner = prepare(state_->connection.get(), rest, {rest, nullptr});
    return inner.ok() &&
           duckdb_prepared_statement_type(inner->get()) == DUCKDB_STATEMENT_TYPE_SELECT;
}

Status Session::append(const TableName& table, const frame::Batch& batch) {
    OwnedAppender appender;
    const auto check = [&](duckdb_state state) -> Status {
        if (state == DuckDBSuccess) return {};
        const char* message = duckdb_appender_error(appender.get());
        return duckdb_status(message == nullptr ? "cannot append rows" : message);
    };
    TRY(check(duckdb_appender_create(state_->connection.get(), table.schema.c_str(),
                                     table.table.c_str(), appender.out())));
    std::vector<OwnedType> types;
    std::vector<duckdb_logical_type> handles;
    for (const auto& column : batch.schema) {
        types.emplace_back(duckdb_type_of(column.type));
        if (types.back().get() == nullptr) {
            return unimplemented("cannot append values of type " + column.type.text());
        }
        handles.push_back(types.back().get());
    }
    for (size_t first = 0; first < batch.row_count; first += frame::kBatchRowsMax) {
        const size_t count = std::min(frame::kBatchRowsMax, batch.row_count - first);
        const OwnedChunk chunk(duckdb_create_data_chunk(handles.data(), handles.size()));
        for (size_t i = 0; i < batch.columns.size(); ++i) {
            auto view = batch.columns[i].view();
            // Batches begin at a multiple of 64, so validity words can be shared.
            view.data = static_cast<const std::byte*>(view.data) +
                        first * frame::value_size_bytes(view.type);
            if (view.validity != nullptr) view.validity += first / 64;
            view.row_count = count;
            fill_vector(duckdb_data_chunk_get_vector(chunk.get(), i), view);
        }
        duckdb_data_chunk_set_size(chunk.get(), count);
        TRY(check(duckdb_append_data_chunk(appender.get(), chunk.get())));
    }
    return check(duckdb_appender_close(appender.get()));
}

void Session::interrupt() { duckdb_interrupt(state_->connection.get()); }

Status placed(Status status, const PlaceOf& place, size_t offset) {
    return place ? std::move(status).at(place(offset)) : std::move(status);
}

PlaceOf place_in_text(std::string name, std::string sql) {
    return [name = std::move(name), sql = std::move(sql)](size_t offset) {
        const auto [line, column] = line_column(sql, offset);
        return name + ":" + std::to_string(line) + ":" + std::to_string(column);
    };
}

std::string engine_version() { return duckdb_library_version(); }

}  // namespace quern::sql
