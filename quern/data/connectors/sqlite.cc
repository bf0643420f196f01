// SQLite files, through DuckDB's sqlite_scanner.
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/sql/extension.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

struct Sqlite {
    std::string file, table, query;
    static std::vector<Param> params() {
        return {
            param("file", &Sqlite::file, "The database's file.").required(),
            param("table", &Sqlite::table, "The table or view to read."),
            param("query", &Sqlite::query, "Instead of a table: a SELECT in SQLite's own SQL."),
        };
    }
};

class SqliteConnection : public Connection {
public:
    explicit SqliteConnection(std::string from_sql) : from_sql_(std::move(from_sql)) {}
    Result<Pulled> pull(const std::string&) override { return Pulled{.from_sql = from_sql_}; }

private:
    std::string from_sql_;
};

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto sqlite = TRY(settings_of<Sqlite>(request));
    const std::string path = join_path(request.root, sqlite.file);
    const auto place = request.source.origin->kind.place.text();
    if (sqlite.table.empty() == sqlite.query.empty()) {
        return invalid_argument("sqlite needs either a table or a query").at(place);
    }
    const auto facts = file_facts(path);
    if (!facts.ok()) return Status(facts.status()).at(place);
    TRY(sql::load_extension(request.session, "sqlite_scanner"));
    TRY(request.session.execute("attach " + quote_literal(path) +
                                " as origin (type sqlite, "
                                "read_only)"));
    const std::string from = sqlite.query.empty()
                                 ? "origin.main." + quote_identifier(sqlite.table)
                                 : "sqlite_query('origin', " + quote_literal(sqlite.query) + ")";
    return std::unique_ptr<Connection>(std::make_unique<SqliteConnection>(from));
}

QUERN_REGISTER(Connector)
({
    .name = "sqlite",
    .summary = "Tables of a SQLite database file.",
    .example = "sqlite: {file: data/shop.db, table: orders}\nload: upsert\nkey: order_id\ncursor: "
               "updated_at\n",
    .params = Sqlite::params(),
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
