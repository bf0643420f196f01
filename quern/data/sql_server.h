// What the connectors of database servers share: the settings that reach a server and name the
// rows, and what the server's words mean for the user.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/data/connector.h"

namespace quern::data {

struct SqlServer {
    std::string url, host, database, user, password, sslmode, sslrootcert, schema, table, query;
    int64_t port = 0, connect_timeout = 10, statement_timeout = 0;

    template <class P>
    static std::vector<Param> params() {
        const auto of = []<class T>(T SqlServer::* field) -> T P::* { return field; };
        return {
            param("url", of(&SqlServer::url),
                  "Where the server is: scheme://user@host:port/database, without a password."),
            param("host", of(&SqlServer::host), "The server, instead of `url`."),
            param("port", of(&SqlServer::port), "Its port; 0 is the usual one.").in(0, 65535),
            param("database", of(&SqlServer::database), "The database."),
            param("user", of(&SqlServer::user), "Who asks."),
            param("password", of(&SqlServer::password), "By reference only: `${NAME}`."),
            param("table", of(&SqlServer::table), "The table or view to read, `schema.table`."),
            param("schema", of(&SqlServer::schema),
                  "Its schema, when the table's name itself has a dot."),
            param("query", of(&SqlServer::query),
                  "Instead of a table: one SELECT in the server's own SQL."),
            param("sslrootcert", of(&SqlServer::sslrootcert),
                  "File with the certificates that are trusted; without it, the system's."),
        };
    }
};

struct ServerKind {
    std::string_view name;
    std::vector<std::string_view> schemes;  // of its URLs; the first one is shown
    int64_t port;
    std::string_view schema;  // of tables without one
};

// The settings with the parts of the URL, defaults and the table's schema filled in, and judged.
Result<SqlServer> complete(const ConnectRequest& request, SqlServer server, const ServerKind& kind);

// Reached without a network.
bool is_local(const SqlServer& server);
// Certificates that the system trusts; empty: there are none.
std::string system_certificates();
// One set of settings as a file beside the project, absolute.
std::string certificate_file(const ConnectRequest& request, const SqlServer& server);

// What a server says when something is wrong, and what to do about it.
struct Cause {
    std::string_view words;
    Code code;
    std::string_view hint;
};
// The server's own words, short, with the code and the hint of the first cause that they name.
Status explain(Status status, std::span<const Cause> causes);

// The connection's settings as DuckDB keeps them: so no error repeats a password.
class OriginSecret {
public:
    explicit OriginSecret(std::string_view type) : type_(type) {}
    void add(std::string_view name, const std::string& value);  // empty: left out

private:
    friend Status attach_origin(const ConnectRequest& request, const OriginSecret& secret,
                                const std::string& options, std::span<const Cause> causes);
    std::string type_, settings_;
};

// Attaches the server as `origin`, to read only; `options` stand behind the others: ", schema 's'".
Status attach_origin(const ConnectRequest& request, const OriginSecret& secret,
                     const std::string& options, std::span<const Cause> causes);

}  // namespace quern::data
