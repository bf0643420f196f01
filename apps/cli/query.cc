// `quern query`: SQL over what is published.

#include <algorithm>

#include "quern/base/terminal.h"
#include "quern/base/text.h"
#include "quern/flow/sql_models.h"
#include "quern/frame/row_text.h"
#include "quern/frame/text_table.h"
#include "quern/project/sql_text.h"
#include "quern/sql/export.h"

#include "apps/cli/command.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

constexpr int64_t kRowsShown = 50;
constexpr int64_t kRowsShownMax = 1'000'000;
constexpr double kWaitSeconds = 10;  // for a run that is writing

// A SELECT of so many rows and one more, to know whether there are more.
Result<std::string> shown_table(sql::Session& session, const std::string& sql,
                                const sql::PlaceOf& place, int64_t row_count) {
    auto reader = TRY(session.query(sql, place));
    frame::Batch batch;
    batch.schema = reader.schema();
    for (const auto& column : batch.schema) batch.columns.emplace_back(column.type);
    bool has_more = false;
    while (const auto views = TRY(reader.next())) {
        for (size_t row = 0; row < views->row_count; ++row) {
            if (static_cast<int64_t>(batch.row_count) == row_count) {
                has_more = true;
                break;
            }
            for (size_t i = 0; i < batch.columns.size(); ++i) {
                batch.columns[i].append_from(views->columns[i], row);
            }
            ++batch.row_count;
        }
        if (has_more) break;
    }
    const frame::TextTableLimits limits{.width = stdout_is_terminal() ? terminal_columns() : 100};
    std::string text = aligned_text(frame::text_table_of(batch, limits), limits);
    if (has_more) {
        return text + "(the first " + plural(row_count, "row") + "; -o FILE writes all of them)\n";
    }
    return text + "(" + plural(static_cast<int64_t>(batch.row_count), "row") + ")\n";
}

Result<frame::RowFormat> format_of(const std::string& name) {
    if (name == "csv") return frame::RowFormat::csv;
    if (name == "json") return frame::RowFormat::json;
    if (name == "ndjson") return frame::RowFormat::ndjson;
    return unknown_name("format", name, {"csv", "json", "ndjson", "table"});
}

// The tables come from the project's files alone, so nothing else may change them; and a query
// that is handed on by somebody must not write files or load code.
Status refuse_changes(sql::Session& session, const std::string& sql, const sql::PlaceOf& place) {
    if (TRY(session.only_reads(sql, place))) return {};
    const auto statements = project::scan_sql(sql).statements;
    std::string_view word = std::string_view(sql).substr(statements[0].begin);
    word = word.substr(0, word.find_first_of(" \t\r\n;("));
    const std::string verb = lower_ascii(word);
    const Status status =
        invalid_argument("`quern query` only reads, and '" + std::string(word) + "' does not");
    constexpr std::string_view kWriters[] = {"copy", "export"};
    constexpr std::string_view kMakers[] = {"create", "insert", "update",   "delete", "alter",
                                            "drop",   "merge",  "truncate", "replace"};
    if (std::ranges::find(kWriters, verb) != std::end(kWriters))
        return Status(status).hint("write rows with `quern query \"select ...\" -o FILE`");
    if (std::ranges::find(kMakers, verb) != std::end(kMakers))
        return Status(status).hint(
            "a table is made by the SELECT in tables/NAME.sql and `quern run`");
    return Status(status).hint(
        "there are: SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE, EXPLAIN");
}

Result<int> run_query(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const auto warehouse = TRY(flow::Warehouse::open_for_reading(workspace, kWaitSeconds));
    auto session = TRY(warehouse.connect());
    const std::string written = invocation.text("SQL");
    const auto place_written = sql::place_in_text("query", written);
    flow::SqlModels models(workspace);
    const auto called = TRY(models.prepare(session, written, place_written));
    const std::string& sql = called.sql;
    const auto place = called.place_with(place_written);
    TRY(refuse_changes(session, sql, place));
    if (invocation.has("output")) {
        const std::string path = invocation.text("output");
        const int64_t row_count = TRY(sql::export_query(session, sql, path, place));
        TRY(print("Wrote " + path + ": " + plural(row_count, "row") + "\n"));
        return 0;
    }
    const std::string format = invocation.text("format", invocation.is_json ? "json" : "table");
    if (format == "table") {
        const int64_t row_count = TRY(
            invocation.integer("rows", {.low = 1, .high = kRowsShownMax, .fallback = kRowsShown}));
        const std::string table = TRY(shown_table(session, sql, place, row_count));
        TRY(print(table));
        return 0;
    }
    const auto row_format = TRY(format_of(format));
    TRY(sql::stream_query(
        session, sql, row_format, [](std::string_view text) { return print(text); }, place));
    return 0;
}

QUERN_REGISTER(Command)({
    .name = "query",
    .summary = "Read the published tables with SQL",
    .example = "quern query \"select city, count(*) from orders group by all\"",
    .arguments = {{"SQL", "One SELECT; tables are named as in the project"}},
    .options = {{"-o,--output", "FILE", "Write the rows: .csv .tsv .json .ndjson .parquet"},
                {"--format", "FORMAT", "table, csv, json or ndjson (default: table)"},
                {"--rows", "COUNT", "Rows to show in a table (default: 50)"}},
    .run = run_query,
});

}  // namespace
}  // namespace quern::cli
