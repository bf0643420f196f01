// SQLite files, through DuckDB's sqlite_scanner.
//
// A column of SQLite holds whatever was put there, so its type is found from its values: where they
// are what the extension takes them for, the table is read as it is, in parallel and with what is
// asked of it pushed down; else each value comes as a text and is cast.
#include <algorithm>

#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/connector.h"
#include "quern/data/rows.h"
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

// How many values a column has of each kind that SQLite knows, and what they would be good for.
struct Values {
    std::string name, declared;  // the type that the table says, in upper case
    int64_t integers = 0, reals = 0, texts = 0, blobs = 0;
    int64_t not_flags = 0, not_dates = 0, not_times = 0;

    bool says(std::string_view word) const { return declared.find(word) != declared.npos; }

    // No value is changed by it, and none fails.
    std::string type() const {
        const bool has_numbers = integers + reals > 0;
        if (texts + blobs == 0 && has_numbers) {
            if (reals > 0) return "DOUBLE";
            return says("BOOL") && not_flags == 0 ? "BOOLEAN" : "BIGINT";
        }
        if (blobs > 0) return has_numbers || texts > 0 ? "VARCHAR" : "BLOB";
        if (texts > 0 && !has_numbers && not_times == 0 && (says("TIME"))) return "TIMESTAMP";
        if (texts > 0 && !has_numbers && not_dates == 0 && says("DATE")) return "DATE";
        return texts > 0 ? "VARCHAR" : type_without_values();
    }
    std::string type_without_values() const {
        if (says("INT")) return "BIGINT";
        if (says("REAL") || says("FLOA") || says("DOUB")) return "DOUBLE";
        if (says("BLOB")) return "BLOB";
        if (says("BOOL")) return "BOOLEAN";
        if (says("TIME")) return "TIMESTAMP";
        return says("DATE") ? "DATE" : "VARCHAR";
    }
    // As a text that keeps the value to its last bit.
    std::string text_sql() const {
        const std::string column = quote_identifier(name);
        return "case typeof(" + column + ") when 'real' then printf('%!.17g', " + column +
               ") when 'blob' then hex(" + column + ") else cast(" + column + " as text) end as " +
               column;
    }
    std::string cast_sql() const {
        const std::string column = quote_identifier(name), wanted = type();
        if (wanted == "VARCHAR") return column;
        if (wanted == "BLOB") return "unhex(" + column + ") as " + column;
        return column + "::" + wanted + " as " + column;
    }
};

// Asks SQLite; all that it answers are texts.
Result<std::vector<std::vector<std::string>>> ask(sql::Session& session, const std::string& sql) {
    return text_rows(session, "from sqlite_query('origin', " + quote_literal(sql) + ")");
}

std::string count_sql(const std::string& name) {
    const std::string c = quote_identifier(name), kind = "typeof(" + c + ")";
    const auto sum = [](const std::string& condition) {
        return "cast(coalesce(sum(" + condition + "), 0) as text)";
    };
    const std::string day = "substr(" + c + ", 1, 10)", is_day = "date(" + day + ") is " + day;
    return sum(kind + " = 'integer'") + ", " + sum(kind + " = 'real'") + ", " +
           sum(kind + " = 'text'") + ", " + sum(kind + " = 'blob'") + ", " +
           sum(kind + " = 'integer' and " + c + " not in (0, 1)") + ", " +
           sum(kind + " = 'text' and (length(" + c + ") <> 10 or not " + is_day + ")") + ", " +
           sum(kind + " = 'text' and (length(" + c + ") < 16 or datetime(" + c +
               ") is null or not " + is_day + ")");
}

// One pass over the rows for some columns at a time, as SQLite takes 2,000 of them at most.
Status count_values(sql::Session& session, const std::string& from, std::vector<Values>& columns) {
    constexpr size_t kAtATime = 100, kCounts = 7;
    for (size_t start = 0; start < columns.size(); start += kAtATime) {
        const size_t stop = std::min(columns.size(), start + kAtATime);
        std::string list;
        for (size_t i = start; i < stop; ++i) {
            list += (list.empty() ? "" : ", ") + count_sql(columns[i].name);
        }
        const auto rows = TRY(ask(session, "select " + list + " from " + from));
        for (size_t i = start; i < stop; ++i) {
            Values& values = columns[i];
            int64_t* counts[kCounts] = {&values.integers, &values.reals,     &values.texts,
                                        &values.blobs,    &values.not_flags, &values.not_dates,
                                        &values.not_times};
            for (size_t k = 0; k < kCounts; ++k) {
                *counts[k] = std::stoll(rows[0][(i - start) * kCounts + k]);
            }
        }
    }
    return {};
}

Result<std::vector<Values>> columns_of(sql::Session& session, const Sqlite& sqlite,
                                       const std::string& from) {
    std::vector<Values> columns;
    if (sqlite.query.empty()) {
        for (const auto& row :
             TRY(ask(session, "select name, upper(type) from pragma_table_xinfo(" +
                                  quote_literal(sqlite.table) + ") where hidden <> 1"))) {
            columns.push_back({.name = row[0], .declared = row[1]});
        }
    } else {
        for (const auto& column : TRY(session.columns_of("from sqlite_query('origin', " +
                                                         quote_literal(sqlite.query) + ")"))) {
            columns.push_back({.name = column.name});
        }
    }
    TRY(count_values(session, from, columns));
    return columns;
}

// The extension takes every value of the table for what it is.
Result<bool> is_plain(sql::Session& session, const std::string& table,
                      const std::vector<Values>& columns) {
    const auto taken = TRY(session.columns_of("from " + table));
    if (taken.size() != columns.size()) return false;
    return std::ranges::equal(taken, columns, [](const auto& one, const Values& values) {
        return one.name == values.name && one.type.text() == values.type();
    });
}

class SqliteConnection : public Connection {
public:
    explicit SqliteConnection(std::string from_sql) : from_sql_(std::move(from_sql)) {}
    Result<Pulled> pull(const std::string&) override { return Pulled{.from_sql = from_sql_}; }

private:
    std::string from_sql_;
};

Status refuse_unknown_table(sql::Session& session, const std::string& table) {
    std::vector<std::string> names;
    for (const auto& row :
         TRY(ask(session, "select name from sqlite_master where type in ('table', 'view')"))) {
        if (lower_ascii(row[0]) == lower_ascii(table)) return {};
        names.push_back(row[0]);
    }
    return unknown_name("table", table, {names.begin(), names.end()});
}

Result<std::string> from_of(sql::Session& session, const Sqlite& sqlite) {
    const bool is_query = !sqlite.query.empty();
    if (!is_query) TRY(refuse_unknown_table(session, sqlite.table));
    const std::string from = is_query ? "(" + sqlite.query + ")" : quote_identifier(sqlite.table);
    const auto columns = TRY(columns_of(session, sqlite, from));
    const std::string table = "origin.main." + quote_identifier(sqlite.table);
    if (!is_query && TRY(is_plain(session, table, columns))) return table;
    std::string texts, casts;
    for (const Values& values : columns) {
        texts += (texts.empty() ? "" : ", ") + values.text_sql();
        casts += (casts.empty() ? "" : ", ") + values.cast_sql();
    }
    return "(select " + casts + " from sqlite_query('origin', " +
           quote_literal("select " + texts + " from " + from) + "))";
}

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
                                " as origin (type sqlite, read_only)"));
    // What is found out of the values holds for what is read then; and the extension keeps a query
    // for its transaction only.
    TRY(request.session.execute("begin"));
    auto from = from_of(request.session, sqlite);
    if (!from.ok()) return std::move(from).status().at(place);
    return std::unique_ptr<Connection>(std::make_unique<SqliteConnection>(*from));
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
