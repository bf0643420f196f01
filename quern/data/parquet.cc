#include "quern/base/folder.h"
#include "quern/base/text.h"
#include "quern/data/rows.h"
#include "quern/data/source_format.h"

namespace quern::data {
namespace {

Status broken(const StageRequest& request, const Status& status) {
    return corrupt("not a whole Parquet file: " + std::string(status.message())).at(request.name);
}

// Rows of Parquet have no lines: the row number stands in, and the row as JSON is the raw text.
Result<std::vector<Staged::Origin>> locate_rows(sql::Session& session, const std::string& from_sql,
                                                const std::vector<int64_t>& row_numbers) {
    std::vector<Staged::Origin> origins;
    constexpr size_t kNumbersAtATime = 10'000;
    for (size_t start = 0; start < row_numbers.size(); start += kNumbersAtATime) {
        std::string list;
        for (size_t i = start; i < std::min(start + kNumbersAtATime, row_numbers.size()); ++i) {
            list += (list.empty() ? "" : ", ") + std::to_string(row_numbers[i]);
        }
        const auto rows = TRY(text_rows(
            session, "select n, to_json(r) from (select row_number() over () as n, r from " +
                         from_sql + " as r) where n in (" + list + ") order by n"));
        for (const auto& row : rows) origins.push_back({std::stoll(row[0]), row[1]});
    }
    return origins;
}

Result<Staged> stage_parquet(StageRequest& request) {
    const std::string path = quote_literal(literal_pattern(request.path));
    Staged staged{.name = request.name,
                  .from_sql = "read_parquet(" + path + ", hive_partitioning = false)"};
    auto counts =
        text_rows(request.session,
                  "select coalesce(sum(num_rows), 0) from parquet_file_metadata(" + path + ")");
    if (!counts.ok()) return broken(request, counts.status());
    staged.row_count = std::stoll((*counts)[0][0]);
    auto columns =
        text_rows(request.session, "select column_name, column_type from (describe select * from " +
                                       staged.from_sql + ")");
    if (!columns.ok()) return broken(request, columns.status());
    for (const auto& column : *columns) {
        staged.relation.push_back({column[0], frame::type_from_sql(column[1])});
    }
    staged.schema = staged.relation;
    staged.locate = [&session = request.session, from = staged.from_sql](const auto& row_numbers) {
        return locate_rows(session, from, row_numbers);
    };
    return staged;
}

QUERN_REGISTER(SourceFormat)({
    .name = "parquet",
    .summary = "Parquet files; types come from the file.",
    .example = "file: data/events/*.parquet",
    .endings = {".parquet", ".pq"},
    .stage = stage_parquet,
});

}  // namespace
}  // namespace quern::data
