// Tables and queries of MySQL and MariaDB servers, through DuckDB's mysql_scanner. What is sent is
// always a query of ours, so that the server itself casts what the reader would change.
#include <algorithm>
#include <charconv>

#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/rows.h"
#include "quern/data/sql_server.h"
#include "quern/sql/extension.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

using frame::TypeId;

struct Mysql : SqlServer {
    static std::vector<Param> params() {
        auto params = SqlServer::params<Mysql>();
        params.push_back(param("sslmode", static_cast<std::string Mysql::*>(&Mysql::sslmode),
                               "How far TLS is asked for: verify-full (the default) wants a "
                               "certificate of that host, require any, disable (the default on "
                               "this machine) none.")
                             .one_of({"disable", "require", "verify-full"}));
        return params;
    }
};

const ServerKind kKind = {
    .name = "mysql", .schemes = {"mysql", "mariadb"}, .port = 3306, .schema = ""};

constexpr std::string_view kAgain = "run again: what has landed stays, and nothing comes twice";
constexpr Cause kCauses[] = {
    {"Access denied", Code::unauthenticated,
     "check `user`, and the variable or the file that `password` names; the server may also ask "
     "for TLS: `sslmode: require`"},
    {"command denied", Code::permission_denied,
     "let the server's owner GRANT SELECT on it to `user`"},
    {"Hostname verification failed", Code::failed_precondition,
     "the certificate is another host's: write the host that it is for, or leave all unchecked "
     "with `sslmode: require`"},
    {"ertificate", Code::failed_precondition,
     "name the file of the authority in `sslrootcert`; `sslmode: require` leaves all unchecked"},
    {"SSL", Code::failed_precondition,
     "name the file of the authority in `sslrootcert`; `sslmode: require` leaves all unchecked"},
    {"Unknown server host", Code::unavailable, "check `host`"},
    {"Unknown MySQL server host", Code::unavailable, "check `host`"},
    {"Can't connect", Code::unavailable, "is the server up, and are host and port right?"},
    {"Lost connection", Code::unavailable, kAgain},
    {"gone away", Code::unavailable, kAgain},
    {"was killed", Code::unavailable, kAgain},
    {"Date out of range", Code::failed_precondition,
     "a day or a month is 0: declare the column as VARCHAR in `columns:`, or read a `query`"},
    {"Unknown database", Code::not_found, "is its name right, and may `user` see it?"},
    {"doesn't exist", Code::not_found, "is its name right, and may `user` see it?"},
};

std::string from_query(const std::string& sql) {
    return "mysql_query('origin', " + quote_literal(sql) + ")";
}

std::string quoted(std::string_view name) {
    std::string text = "`";
    for (const char c : name) text += c == '`' ? "``" : std::string(1, c);
    return text + "`";
}

// In no need of escapes, whatever the server's mode.
std::string text_literal(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const char c : text) {
        hex += kDigits[static_cast<unsigned char>(c) >> 4];
        hex += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return "convert(x'" + hex + "' using utf8mb4)";
}

int number_of(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

struct Column {
    std::string name, kind, type, collation;  // as information_schema has them
    int width = 0, scale = 0;                 // of a decimal
};

// What the server is asked for (`q.` stands before names), and what DuckDB makes of the answer;
// `value` is the column's name in it.
struct Read {
    std::string asked, made;
};

class Reading {
public:
    Reading(const project::Source& source, const Column& column)
        : column_(column),
          plain_("q." + quoted(column.name)),
          value_(quote_identifier(column.name)) {
        for (const auto& known : source.columns) {
            if (lower_ascii(known.name) == lower_ascii(column.name) && !known.type.empty())
                is_text_declared_ = frame::type_from_sql(known.type).id == TypeId::varchar;
        }
    }

    Read read() const {
        const auto is_one_of = [this](std::initializer_list<std::string_view> kinds) {
            return std::ranges::find(kinds, column_.kind) != kinds.end();
        };
        if (column_.kind == "decimal") return decimal();
        if (is_one_of({"date", "datetime", "timestamp"})) return moment();
        if (column_.kind == "bit") {
            const bool is_flag = column_.type == "bit(1)";
            return {"cast(" + plain_ + " as unsigned)", is_flag ? value_ + "::boolean" : value_};
        }
        if (is_one_of({"geometry", "point", "linestring", "polygon", "multipoint",
                       "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}))
            return {"st_astext(" + plain_ + ")", value_};
        if (column_.kind == "json" || column_.collation.ends_with("_bin"))
            return {"convert(" + plain_ + " using utf8mb4)", value_};
        if (is_one_of({"tinyint",   "smallint",   "mediumint", "int",        "bigint",  "float",
                       "double",    "year",       "time",      "char",       "varchar", "tinytext",
                       "text",      "mediumtext", "longtext",  "enum",       "set",     "binary",
                       "varbinary", "tinyblob",   "blob",      "mediumblob", "longblob"}))
            return {plain_, value_};
        return as_text();
    }

private:
    Read as_text() const { return {"cast(" + plain_ + " as char)", value_}; }

    Read decimal() const {
        Read read = as_text();
        if (column_.width <= 38)
            read.made += "::decimal(" + std::to_string(column_.width) + "," +
                         std::to_string(column_.scale) + ")";
        return read;
    }

    Read moment() const {
        if (is_text_declared_) return as_text();
        const bool has_zone = column_.kind == "timestamp";  // the session's, which is UTC
        return {plain_, has_zone ? "timezone('UTC', " + value_ + ")" : value_};
    }

    const Column& column_;
    std::string plain_, value_;
    bool is_text_declared_ = false;
};

class MysqlConnection : public Connection {
public:
    MysqlConnection(sql::Session& session, const SqlServer& server)
        : session_(session), server_(server) {
        base_ = server.query.empty() ? quoted(server.schema) + "." + quoted(server.table)
                                     : "(" + server.query + "\n)";
    }

    // See PostgreSQL's: the end of the transaction may fail.
    ~MysqlConnection() override {
        session_.execute("rollback").ignore("nothing was written, and the server may be gone");
    }

    Status open(const project::Source& source) {
        const auto columns = server_.query.empty() ? columns_of_table() : columns_of_query();
        for (const auto& column : TRY(columns)) {
            const Read read = Reading(source, column).read();
            asked_ += (asked_.empty() ? "" : ", ") + read.asked + " as " + quoted(column.name);
            made_ +=
                (made_.empty() ? "" : ", ") + read.made + " as " + quote_identifier(column.name);
        }
        return session_.execute("begin");  // one moment for all that is read from here on
    }

    Result<Pulled> pull(const std::string&) override { return Pulled{.from_sql = from("")}; }

    Result<std::string> narrowed(const std::string&, const CursorBounds& bounds) override {
        if (bounds.from.empty() && bounds.to.empty()) return from("");
        const auto columns = TRY(session_.columns_of("from " + from("")));
        const int index = frame::column_index(columns, bounds.column);
        const auto id = columns[static_cast<size_t>(index)].type.id;
        const std::string name = "q." + quoted(bounds.column);
        // The server orders text by its own rules; ours are those of bytes.
        const std::string value =
            id == TypeId::varchar ? "cast(convert(" + name + " using utf8mb4) as binary)" : name;
        std::string condition;
        for (const auto& [sign, bound] : {std::pair(" >= ", bounds.from), {" < ", bounds.to}}) {
            if (bound.empty()) continue;
            std::string literal = text_literal(bound);
            if (id == TypeId::varchar) literal = "cast(" + literal + " as binary)";
            if (id == TypeId::timestamptz) {
                const auto utc = TRY(session_.query_text(
                    "select timezone('UTC', " + quote_literal(bound) + "::timestamptz)::varchar"));
                literal = "'" + *utc + "'";
            } else if (id != TypeId::varchar) {
                literal = quote_literal(bound);
            }
            condition += (condition.empty() ? " where " : " and ") + value + sign + literal;
        }
        return from(condition);
    }

    Status explained(Status status) const override { return explain(std::move(status), kCauses); }

private:
    std::string from(const std::string& condition) const {
        return "(select " + made_ + " from " +
               from_query("select " + asked_ + " from " + base_ + " as q" + condition) + ")";
    }

    Result<std::vector<Column>> columns_of_table() {
        const std::string where = " where table_schema = " + text_literal(server_.schema);
        const auto rows = TRY(text_rows(
            session_,
            "from " +
                from_query("select cast(column_name as char) as a, cast(data_type as char) "
                           "as b, cast(column_type as char) as c, cast(collation_name as "
                           "char) as d, cast(numeric_precision as char) as e, "
                           "cast(numeric_scale as char) as f from information_schema.columns" +
                           where + " and table_name = " + text_literal(server_.table) +
                           " order by ordinal_position")));
        if (rows.empty()) return unknown_table(where);
        std::vector<Column> columns;
        for (const auto& row : rows) {
            Column column{row[0], lower_ascii(row[1]), lower_ascii(row[2]), row[3]};
            if (column.kind == "decimal") {
                column.width = number_of(row[4]);
                column.scale = number_of(row[5]);
            }
            columns.push_back(std::move(column));
        }
        return columns;
    }

    Status unknown_table(const std::string& where) {
        const auto rows = TRY(
            text_rows(session_, "from " + from_query("select cast(table_name as char) as a from "
                                                     "information_schema.tables" +
                                                     where + " order by 1 limit 1000")));
        std::vector<std::string_view> names;
        for (const auto& row : rows) names.push_back(row[0]);
        return unknown_name("table of database '" + server_.schema + "'", server_.table, names);
    }

    // Of a query only what the reader makes of its columns is known, and their character sets.
    Result<std::vector<Column>> columns_of_query() {
        const auto found =
            TRY(session_.columns_of("from " + from_query("select q.* from " + base_ + " as q")));
        std::string list;
        for (const auto& column : found)
            list += (list.empty() ? "" : ", ',', ") + ("charset(q." + quoted(column.name) + ")");
        const auto charsets =
            TRY(text_rows(session_, "select unnest(split(a, ',')) from " +
                                        from_query("select concat(" + list +
                                                   ") as a from (select 1 as one) as o left join " +
                                                   base_ + " as q on false")));
        std::vector<Column> columns;
        for (size_t i = 0; i < found.size(); ++i) {
            Column column{found[i].name, "varchar", "", ""};
            const auto& type = found[i].type;
            if (type.id == TypeId::blob && charsets[i][0] != "binary") {
                column.kind = "json";
            } else if (type.id == TypeId::timestamp) {
                column.kind = "datetime";
            } else if (type.id == TypeId::date) {
                column.kind = "date";
            } else if (type.id == TypeId::decimal) {
                // The reader takes a sign and a point for granted.
                column.kind = "decimal";
                column.width = std::min(38, type.width + 2);
                column.scale = type.scale;
            }
            columns.push_back(std::move(column));
        }
        return columns;
    }

    sql::Session& session_;
    SqlServer server_;
    std::string base_, asked_, made_;
};

OriginSecret secret_of(const ConnectRequest& request, const SqlServer& server) {
    std::string mode = server.sslmode;
    if (mode.empty()) mode = is_local(server) ? "disable" : "verify-full";
    OriginSecret secret("mysql");
    secret.add(server.host.starts_with('/') ? "socket" : "host", server.host);
    secret.add("port", std::to_string(server.port));
    secret.add("database", server.database);
    secret.add("user", server.user);
    secret.add("password", server.password);
    // The reader's "required" checks certificates, its "preferred" insists on TLS.
    secret.add("ssl_mode", mode == "disable"   ? "disabled"
                           : mode == "require" ? "preferred"
                                               : "verify_identity");
    if (mode == "verify-full") secret.add("ssl_ca", certificate_file(request, server));
    return secret;
}

Result<std::unique_ptr<Connection>> connect(const ConnectRequest& request) {
    const auto settings = TRY(settings_of<Mysql>(request));
    const SqlServer server = TRY(complete(request, settings, kKind));
    auto& session = request.session;
    TRY(sql::load_extension(session, "mysql_scanner"));
    // Numbers stay numbers, whatever their display width is.
    TRY(session.execute(
        "set mysql_tinyint1_as_boolean = false; set mysql_time_as_time = false; "
        "set mysql_incomplete_dates_as_nulls = false; set mysql_session_time_zone = '+00:00'"));
    const auto place = request.source.origin->kind.place.text();
    TRY(attach_origin(request, secret_of(request, server), "", kCauses));
    auto connection = std::make_unique<MysqlConnection>(session, server);
    auto opened = connection->open(request.source);
    if (!opened.ok()) return explain(std::move(opened), kCauses).at(place);
    return std::unique_ptr<Connection>(std::move(connection));
}

QUERN_REGISTER(Connector)
({
    .name = "mysql",
    .summary = "Tables, views and queries of a MySQL or MariaDB server.",
    .example = "mysql: {url: \"mysql://reader@db.example/shop\", password: \"${SHOP_PASSWORD}\", "
               "table: orders}\nload: upsert\nkey: order_id\n"
               "cursor: {column: updated_at, overlap: 1 hour}\n",
    .params = Mysql::params(),
    .short_for = "url",
    .secrets = {"password"},
    .identity = {"url", "host", "port", "database", "schema", "table", "query"},
    .connect = connect,
});

}  // namespace
}  // namespace quern::data
