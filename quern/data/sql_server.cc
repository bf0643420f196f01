#include "quern/data/sql_server.h"

#include <algorithm>
#include <charconv>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

constexpr size_t kWordsMax = 400;  // of a server's message

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = static_cast<char>(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
        plain += low < 0 ? text[i] : static_cast<char>(high * 16 + low);
        if (low >= 0) i += 2;
    }
    return plain;
}

// Takes what stands before `mark` off the text; nothing when it has none.
std::string_view take_until(std::string_view& text, size_t at, size_t mark_length) {
    if (at == std::string_view::npos) return {};
    const auto taken = text.substr(0, at);
    text.remove_prefix(at + mark_length);
    return taken;
}

class UrlReader {
public:
    UrlReader(const ServerKind& kind, Place place) : kind_(kind), place_(std::move(place)) {}

    Status read(std::string_view url, SqlServer& server) {
        const auto scheme = take_until(url, url.find("://"), 3);
        if (std::ranges::find(kind_.schemes, scheme) == kind_.schemes.end()) {
            return wrong("no address of " + std::string(kind_.name));
        }
        std::string_view authority = url.substr(0, url.find_first_of("/?"));
        url.remove_prefix(authority.size());
        auto who = take_until(authority, authority.rfind('@'), 1);
        if (const size_t colon = who.find(':'); colon != std::string_view::npos) {
            TRY(set("password", percent_decoded(who.substr(colon + 1)), server.password));
            who = who.substr(0, colon);
        }
        TRY(set("user", percent_decoded(who), server.user));
        TRY(read_host(authority, server));
        if (url.find_first_of("?#") != std::string_view::npos) {
            return invalid_argument("'url' is more than user, host, port and database")
                .at(place_.text())
                .hint("write what stands behind '?' as settings of their own");
        }
        return set("database", percent_decoded(url.substr(std::min<size_t>(1, url.size()))),
                   server.database);
    }

private:
    Status wrong(const std::string& what) const {
        return invalid_argument("'url' is " + what)
            .at(place_.text())
            .hint("write " + std::string(kind_.schemes.front()) +
                  "://user@host:" + std::to_string(kind_.port) + "/database");
    }

    Status set(const std::string& name, const std::string& value, std::string& slot) const {
        if (value.empty()) return {};
        if (!slot.empty()) {
            return invalid_argument("'" + name + "' is given twice: in 'url', and on its own")
                .at(place_.text());
        }
        slot = value;
        return {};
    }

    Status read_host(std::string_view authority, SqlServer& server) const {
        const bool is_v6 = authority.starts_with('[');
        const size_t end = is_v6 ? authority.find(']') : authority.rfind(':');
        if (is_v6 && end == std::string_view::npos) return wrong("an address without its ']'");
        const auto host = is_v6 ? authority.substr(1, end - 1) : authority.substr(0, end);
        auto port = end == std::string_view::npos ? "" : authority.substr(end);
        port.remove_prefix(std::min(port.find_first_not_of("]:"), port.size()));
        if (host.find(',') != std::string_view::npos) return wrong("more than one host");
        TRY(set("host", percent_decoded(host), server.host));
        if (port.empty()) return {};
        const auto [stop, error] =
            std::from_chars(port.data(), port.data() + port.size(), server.port);
        const bool is_port = error == std::errc() && stop == port.data() + port.size() &&
                             server.port > 0 && server.port <= 65535;
        return is_port ? Status() : wrong("an address with port '" + std::string(port) + "'");
    }

    const ServerKind& kind_;
    Place place_;
};

void split_table(SqlServer& server, const ServerKind& kind) {
    const size_t dot = server.table.find('.');
    if (server.schema.empty() && dot != std::string::npos) {
        server.schema = server.table.substr(0, dot);
        server.table = server.table.substr(dot + 1);
    }
    if (server.schema.empty()) server.schema = kind.schema.empty() ? server.database : kind.schema;
}

}  // namespace

Result<SqlServer> complete(const ConnectRequest& request, SqlServer server,
                           const ServerKind& kind) {
    const auto place = request.source.origin->kind.place.text();
    const std::string name(kind.name);
    if (!server.url.empty()) {
        const Place& of_url = request.settings.find("url")->place;
        TRY(UrlReader(kind, of_url).read(server.url, server));
    }
    if (server.host.empty()) {
        return invalid_argument(name + " needs a url, or a host")
            .at(place)
            .hint("write `url: " + std::string(kind.schemes.front()) + "://user@host/database`");
    }
    if (server.database.empty()) {
        return invalid_argument(name + " needs a database")
            .at(place)
            .hint("write it at the end of the url: " + std::string(kind.schemes.front()) +
                  "://user@host/database, or as `database`");
    }
    if (server.table.empty() == server.query.empty()) {
        return invalid_argument(name + " needs either a table or a query").at(place);
    }
    while (trim(server.query).ends_with(';'))
        server.query = server.query.substr(0, server.query.rfind(';'));
    if (server.port == 0) server.port = kind.port;
    if (!server.table.empty()) split_table(server, kind);
    return server;
}

bool is_local(const SqlServer& server) {
    const std::string host = lower_ascii(server.host);
    return host == "localhost" || host == "::1" || host.starts_with("127.") ||
           host.starts_with('/');
}

std::string system_certificates() {
    for (const auto* file :
         {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
        if (path_exists(file)) return file;
    }
    return "";
}

std::string certificate_file(const ConnectRequest& request, const SqlServer& server) {
    if (server.sslrootcert.empty()) return system_certificates();
    return absolute_path(join_path(request.root, server.sslrootcert));
}

// A server's words come within those of its client and of DuckDB, with the SQL that was sent.
Status explain(Status status, std::span<const Cause> causes) {
    if (status.ok()) return status;
    std::string_view words = status.message();
    bool is_quoted = false;
    for (const std::string_view mark : {"quern: ", "FATAL:", "ERROR:", "failed: ", "\": "}) {
        const size_t at = words.rfind(mark);
        if (at == std::string_view::npos) continue;
        is_quoted = at > 0 && words[at - 1] == '"';
        words.remove_prefix(at + mark.size());
        break;
    }
    words = trim(words);
    words = trim(words.substr(0, std::min(words.find('\n'), kWordsMax)));
    if (is_quoted && words.ends_with('"')) words.remove_suffix(1);
    const auto cause = std::ranges::find_if(causes, [&](const Cause& known) {
        return status.message().find(known.words) != std::string::npos;
    });
    const bool is_known = cause != causes.end();
    Status told(is_known ? cause->code : status.code(), std::string(words));
    if (!status.where().empty()) told = std::move(told).at(std::string(status.where()));
    if (is_known) told = std::move(told).hint(std::string(cause->hint));
    return std::move(told).hint(std::string(status.hint()));
}

void OriginSecret::add(std::string_view name, const std::string& value) {
    if (!value.empty()) settings_ += ", " + std::string(name) + " " + quote_literal(value);
}

Status attach_origin(const ConnectRequest& request, const OriginSecret& secret,
                     const std::string& options, std::span<const Cause> causes) {
    const auto made = request.session.execute("create secret quern_origin (type " + secret.type_ +
                                              secret.settings_ + ")");
    if (!made.ok())  // its words would be the password
        return internal("the settings of '" + request.source.name + "' were refused");
    const auto attached =
        request.session.execute("attach '' as origin (type " + secret.type_ +
                                ", secret quern_origin, read_only" + options + ")");
    if (attached.ok()) return {};
    return explain(attached, causes).at(request.source.origin->kind.place.text());
}

}  // namespace quern::data
