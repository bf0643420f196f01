// Tables and queries of PostgreSQL servers, through DuckDB's postgres_scanner: in parallel, as of
// one moment, with the condition on the cursor column left to the server.
#include <algorithm>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/postgres_columns.h"
#include "quern/data/rows.h"
#include "quern/data/sql_server.h"
#include "quern/sql/extension.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

constexpr int kIdleS = 30, kProbeS = 10, kProbes = 3;  // of a connection on which nothing moves

struct Postgres : SqlServer {
    static std::vector<Param> params() {
        auto params = SqlServer::params<Postgres>();
        params.push_back(param("sslmode", static_cast<std::string Postgres::*>(&Postgres::sslmode),
                               "How far TLS is asked for: verify-full (the default) wants a "
                               "certificate of that host, prefer (the default on this machine) "
                               "none.")
                             .one_of({"disable", "prefer", "require", "verify-ca", "verify-full"}));
        params.push_back(param("statement_timeout",
                               static_cast<int64_t Postgres::*>(&Postgres::statement_timeout),
                               "Seconds that the server may spend on one statement; 0 is no limit.")
                             .in(0, 86400));
        return params;
    }
};

const ServerKind kKind = {
    .name = "postgres", .schemes = {"postgresql", "postgres"}, .port = 5432, .schema = "public"};

constexpr Cause kCauses[] = {
    {"has the value NaN", Code::failed_precondition,
     "declare it as DOUBLE in `columns:`, or read a `query` that leaves such rows out"},
    {"has a moment after the year", Code::failed_precondition,
     "read a `query` that leaves such rows out"},
    {"duplicate column name", Code::failed_precondition,
     "large and small letters aside, each name must be there once: read a `query` that names one "
     "of "
     "the columns anew with AS"},
    {"password authentication failed", Code::unauthenticated,
     "check `user`, and the variable or the file that `password` names"},
    {"no password supplied", Code::unauthenticated,
     "write `password: ${NAME}`, which takes it from the environment"},
    {"certificate", Code::failed_precondition,
     "name the file of the authority in `sslrootcert`; `sslmode: verify-ca` leaves the host's name "
     "unchecked, `sslmode: require` leaves all unchecked"},
    {"server does not support SSL", Code::failed_precondition,
     "the server has no TLS: everything can be read on its way. `sslmode: disable` accepts that"},
    {"pg_hba.conf", Code::permission_denied,
     "the server does not let this user in from here; it may ask for TLS: `sslmode: require`"},
    {"permission denied", Code::permission_denied,
     "let the server's owner GRANT SELECT on it to `user`"},
    {"statement timeout", Code::deadline_exceeded,
     "raise `statement_timeout`, or ask only for new rows with `cursor`"},
    {"numeric field overflow", Code::failed_precondition,
     "declare a wider type for the column in `columns:`, or VARCHAR"},
    {"does not match the schema", Code::failed_precondition,
     "declare the column as VARCHAR in `columns:` to read its arrays as text"},
    {"could not translate host name", Code::unavailable, "check `host`"},
    {"Connection refused", Code::unavailable, "is the server up, and are host and port right?"},
    {"timeout expired", Code::unavailable, "is the server up, and reachable from this machine?"},
    {"No route to host", Code::unavailable, "is the server reachable from this machine?"},
    {"terminating connection", Code::unavailable,
     "run again: what has landed stays, and nothing comes twice"},
    {"closed the connection", Code::unavailable,
     "run again: what has landed stays, and nothing comes twice"},
    {"closed unexpectedly", Code::unavailable,
     "run again: what has landed stays, and nothing comes twice"},
    {"no connection to the server", Code::unavailable,
     "run again: what has landed stays, and nothing comes twice"},
    {"does not exist", Code::not_found, "is its name right, and may `user` see it?"},
};

std::string from_query(const std::string& sql) {
    return "postgres_query('origin', " + quote_literal(sql) + ")";
}

class PostgresConnection : public Connection {
public:
    PostgresConnection(sql::Session& session, std::string base, std::string table)
        : session_(session), base_(std::move(base)), table_(std::move(table)) {}

    // The transaction's end must not be left to the session: if the server is gone it fails, and
    // nobody would be there to hear of it.
    ~PostgresConnection() override {
        session_.execute("rollback").ignore("nothing was written, and the server may be gone");
    }

    Status open(const project::Source& source) {
        const auto names = TRY(session_.columns_of(
            "from " + from_query("select q.*, 1 as quern_last from (" + base_ + "\n) as q")));
        const frame::Schema columns(names.begin(), names.end() - 1);
        if (columns.empty()) {
            return failed_precondition("there are no columns")
                .hint("read a table or a query that has some");
        }
        const auto kinds =
            TRY(text_rows(session_, "from " + from_query(postgres_kinds_sql(columns, base_))));
        frame::Schema direct;
        if (!table_.empty()) direct = TRY(session_.columns_of("from " + table_));
        std::vector<PostgresColumn> found;
        for (size_t i = 0; i < columns.size(); ++i) {
            const bool is_nested = i < direct.size() && direct[i].type.text().ends_with("[][]");
            found.push_back({columns[i].name, columns[i].type, kinds[i][0], kinds[i][1][0],
                             kinds[i][2], kinds[i][3], is_nested});
        }
        columns_ = postgres_columns(source, found);
        from_ = from(direct);
        return session_.execute("begin");  // one moment for all that is read from here on
    }

    Result<Pulled> pull(const std::string&) override { return Pulled{.from_sql = from_}; }

    Result<std::string> narrowed(const std::string& from_sql, const CursorBounds& bounds) override {
        const std::string condition = condition_of(bounds);
        const bool is_direct = is_read_directly();
        if (is_direct) TRY(refuse_doubtful(condition));
        if (condition.empty() || (is_direct && !is_text(bounds.column))) return from_sql;
        return from_query("select " + columns_.list + " from (" + base_ + "\n) as q" + condition);
    }

    Status explained(Status status) const override { return explain(std::move(status), kCauses); }

private:
    bool is_read_directly() const { return columns_.is_plain && !table_.empty(); }

    // DuckDB's own scan of the table where that brings every value as it is.
    std::string from(const frame::Schema& direct) const {
        if (!is_read_directly())
            return from_query("select " + columns_.list + " from (" + base_ + "\n) as q");
        std::string list;
        bool has_enums = false;
        for (const auto& column : direct) {
            const std::string type = column.type.text();
            const std::string name = quote_identifier(column.name);
            list += (list.empty() ? "" : ", ") + name;
            if (!type.starts_with("ENUM")) continue;
            has_enums = true;  // as text: a new value is no new type
            list += (type.ends_with("[]") ? "::varchar[] as " : "::varchar as ") + name;
        }
        return has_enums ? "(select " + list + " from " + table_ + ")" : table_;
    }

    bool is_text(const std::string& column) {
        const auto columns = session_.columns_of("from " + from_);
        if (!columns.ok()) return false;
        const int index = frame::column_index(*columns, column);
        return index >= 0 &&
               (*columns)[static_cast<size_t>(index)].type.id == frame::TypeId::varchar;
    }

    // The server orders text by its own rules; ours are those of bytes.
    std::string condition_of(const CursorBounds& bounds) {
        if (bounds.from.empty() && bounds.to.empty()) return "";
        const std::string value = "q." + quote_identifier(bounds.column) +
                                  (is_text(bounds.column) ? "::text collate \"C\"" : "");
        std::string sql = " where true";
        if (!bounds.from.empty()) sql += " and " + value + " >= " + quote_literal(bounds.from);
        if (!bounds.to.empty()) sql += " and " + value + " < " + quote_literal(bounds.to);
        return sql;
    }

    Status refuse_doubtful(const std::string& condition) {
        if (columns_.doubts.empty()) return {};
        std::string any, which;
        for (const auto& doubt : columns_.doubts) {
            any += (any.empty() ? "(" : " or (") + doubt.condition + ")";
            which += " when " + doubt.condition + " then " + quote_literal(doubt.what);
        }
        const auto found = TRY(text_rows(
            session_,
            "from " + from_query("select case" + which + " end::text from (" + base_ + "\n) as q" +
                                 (condition.empty() ? " where true" : condition) + " and (" + any +
                                 ") limit 1")));
        if (found.empty()) return {};
        return failed_precondition(std::string(kDoubtMark) + found[0][0]);
    }

    sql::Session& session_;
    std::string base_, table_;  // the server's SELECT of all rows; the table's name in the session
    std::string from_;
    PostgresColumns columns_;
};

OriginSecret secret_of(const ConnectRequest& request, const SqlServer& server) {
    std::string mode = server.sslmode;
    if (mode.empty()) mode = is_local(server) ? "prefer" : "verify-full";
    OriginSecret secret("postgres");
    secret.add("host", server.host);
    secret.add("port", std::to_string(server.port));
    secret.add("dbname", server.database);
    secret.add("user", server.user);
    secret.add("password", server.password);
    secret.add("sslmode", mode);
    if (mode.starts_with("verify")) secret.add("sslrootcert", certificate_file(request, server));
    secret.add("connect_timeout", std::to_string(server.connect_timeout));
    secret.add("application_name", "quern");
    secret.add("keepalives_idle", std::to_string(kIdleS));
    secret.add("keepalives_interval", std::to_string(kProbeS));
    secret.add("keepalives_count", std::to_string(kProbes));
    if (server.statement_timeout > 0) {
        secret.add("options",
                   "-c statement_timeout=" + std::to_string(server.statement_timeout * 1000));
    }
    return secret;
}

// A name that is not there, with the nearest one that is.
Status with_table_hint(sql::Session& session, const SqlServer& server, Status status) {
    if (server.table.empty() || status.message().find("does not exist") == std::string::npos)
        return status;
    const auto rows = text_rows(
        session, "from " + from_query("select (n.nspname || '.' || c.relname)::text from "
                                      "pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
                                      "n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm', "
                                      "'f', 'p') and n.nspname not in ('pg_catalog', "
                                      "'information_schema') order by 1 limit 1000"));
    if (!rows.ok()) return status;
    std::vector<std::string_view> names;
    for (const auto& row : *rows) names.push_back(row[0]);
    return unknown_name("table of database '" + server.database + "'",
                        server.schema + "." + server.table, names);
}

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto settings = TRY(settings_of<Postgres>(request));
    const SqlServer server = TRY(complete(request, settings, kKind));
    auto& session = request.session;
    TRY(sql::load_extension(session, "postgres_scanner"));
    const std::string schema =
        server.table.empty() ? "" : ", schema " + quote_literal(server.schema);
    const auto place = request.source.origin->kind.place.text();
    TRY(attach_origin(request, secret_of(request, server), schema, kCauses));
    std::string base = server.query, table;
    if (base.empty()) {
        const std::string name =
            quote_identifier(server.schema) + "." + quote_identifier(server.table);
        base = "select * from " + name;
        table = "origin." + name;
    }
    auto connection = std::make_unique<PostgresConnection>(session, base, table);
    auto opened = connection->open(request.source);
    if (!opened.ok()) {
        opened = with_table_hint(session, server, std::move(opened));
        return explain(std::move(opened), kCauses).at(place);
    }
    return std::unique_ptr<Connection>(std::move(connection));
}

QUERN_REGISTER(Connector)
({
    .name = "postgres",
    .summary = "Tables, views and queries of a PostgreSQL server.",
    .example = "postgres: {url: \"postgresql://reader@db.example/shop\", password: "
               "\"${SHOP_PASSWORD}\", table: public.orders}\nload: upsert\nkey: order_id\n"
               "cursor: {column: updated_at, overlap: 1 hour}\n",
    .params = Postgres::params(),
    .short_for = "url",
    .secrets = {"password"},
    .identity = {"url", "host", "port", "database", "schema", "table", "query"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
