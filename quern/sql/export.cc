#include "quern/sql/export.h"

#include <unistd.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/project/sql_text.h"

namespace quern::sql {
namespace {

struct Ending {
    std::string_view ending, options;
    bool is_text;
};
constexpr Ending kEndings[] = {
    {".csv", "format csv, header true", true},
    {".tsv", "format csv, header true, delimiter '\t'", true},
    {".json", "format json, array true", true},
    {".ndjson", "format json, array false", true},
    {".jsonl", "format json, array false", true},
    {".parquet", "format parquet, compression zstd", false},
};

// The options of DuckDB's COPY.
Result<std::string> copy_options(const std::string& path) {
    std::string name = lower_ascii(path), compression;
    for (const auto& [ending, option] : {std::pair{".gz", "gzip"}, std::pair{".zst", "zstd"}}) {
        if (!name.ends_with(ending)) continue;
        name.resize(name.size() - std::string_view(ending).size());
        compression = option;
    }
    for (const auto& format : kEndings) {
        if (!name.ends_with(format.ending)) continue;
        if (compression.empty()) {
            return std::string(format.options) + (format.is_text ? ", compression none" : "");
        }
        if (format.is_text) return std::string(format.options) + ", compression " + compression;
    }
    return invalid_argument("the ending of '" + path + "' names no format of rows")
        .hint("there are: .csv .tsv .json .ndjson .jsonl .parquet, and .gz or .zst behind a text");
}

}  // namespace

Result<int64_t> export_query(Session& session, std::string_view sql, const std::string& path,
                             const PlaceOf& place) {
    const std::string options = TRY(copy_options(path));
    if (!path_exists(folder_of(path))) {
        return not_found("there is no folder '" + folder_of(path) + "' to write '" + path + "' in");
    }
    const auto statements = project::scan_sql(sql).statements;
    // Told of what it is asked, not of the COPY around it; also refuses what gives no rows.
    const auto schema = TRY(session.columns_of(sql, place));
    if (schema.empty() || statements.size() != 1) {
        return invalid_argument("a query that gives rows is expected");
    }
    const auto select = sql.substr(0, statements[0].end);
    const std::string temporary = path + "." + std::to_string(getpid()) + ".tmp";
    const std::string copy = "copy (\n" + std::string(select) + "\n) to " +
                             quote_literal(temporary) + " (" + options + ")";
    constexpr size_t kBefore = 7;  // "copy (\n"
    const PlaceOf moved = [&](size_t offset) {
        return place(offset < kBefore ? 0 : std::min(offset - kBefore, sql.size()));
    };
    const auto row_count = [&]() -> Result<int64_t> {
        auto reader = TRY(session.query(copy, place ? moved : PlaceOf()));
        const auto views = TRY(reader.next());
        if (!views || views->row_count != 1) return internal("DuckDB tells no count of rows");
        return views->columns[0].values<int64_t>()[0];
    }();
    Status status = row_count.status();
    if (status.ok()) status = rename_durable(temporary, path);
    if (status.ok()) return row_count;
    remove_file(temporary).ignore("the first failure is the one to tell");
    return status;
}

Result<int64_t> stream_query(Session& session, std::string_view sql, frame::RowFormat format,
                             const frame::RowWriter::Sink& sink, const PlaceOf& place) {
    Reader reader = TRY(session.query(sql, place));
    frame::RowWriter writer(reader.schema(), format, sink);
    int64_t row_count = 0;
    while (const auto views = TRY(reader.next())) {
        TRY(writer.write(views->columns, views->row_count));
        row_count += static_cast<int64_t>(views->row_count);
    }
    TRY(writer.finish());
    return row_count;
}

}  // namespace quern::sql
