#include "quern/store/landed.h"

#include "quern/base/clock.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"

namespace quern::store {
namespace {

constexpr std::string_view kBatches =
    "select id, pull, kind, version, file, row_count, size_bytes, columns, landed_ms "
    "from landed_batches ";

LandedBatch batch_of(const Row& row) {
    return {.id = row.integer(0),
            .pull = row.integer(1),
            .kind = static_cast<BatchKind>(row.integer(2)),
            .version = row.text(3),
            .file = row.text(4),
            .row_count = row.integer(5),
            .size_bytes = static_cast<uint64_t>(row.integer(6)),
            .columns = row.text(7),
            .landed_ms = row.integer(8)};
}

std::vector<LandedBatch> batches_of(const std::vector<Row>& rows) {
    std::vector<LandedBatch> batches;
    for (const auto& row : rows) batches.push_back(batch_of(row));
    return batches;
}

}  // namespace

Result<std::optional<LandedSource>> Landed::find(const std::string& source) {
    const auto rows = TRY(
        database_.rows("select identity, pull, position, watermark, columns, pulled_ms, is_kept "
                       "from landed_sources where source = ?",
                       {source}));
    if (rows.empty()) return std::optional<LandedSource>();
    const Row& row = rows[0];
    return std::optional<LandedSource>({.identity = row.text(0),
                                        .pull = row.integer(1),
                                        .position = row.text(2),
                                        .watermark = row.text(3),
                                        .columns = row.text(4),
                                        .pulled_ms = row.integer(5),
                                        .is_kept = row.integer(6) != 0});
}

Result<std::vector<LandedBatch>> Landed::batches(const std::string& source) {
    return batches_of(TRY(database_.rows(
        std::string(kBatches) + "where source = ?1 and pull = (select pull from landed_sources "
                                "where source = ?1) order by id",
        {source})));
}

Result<std::vector<LandedBatch>> Landed::batches_of_pull(const std::string& source, int64_t pull) {
    return batches_of(TRY(database_.rows(
        std::string(kBatches) + "where source = ? and pull = ? order by id", {source, pull})));
}

Result<int64_t> Landed::next_id(const std::string& source) {
    const auto rows = TRY(database_.rows(
        "select coalesce(max(id), 0) + 1 from landed_batches where source = ?", {source}));
    return rows[0].integer(0);
}

Result<int64_t> Landed::next_pull(const std::string& source) {
    const auto rows = TRY(
        database_.rows("select max(coalesce((select max(pull) from landed_batches where source = "
                       "?1), 0), coalesce((select pull from landed_sources where source = ?1), 0)) "
                       "+ 1",
                       {source}));
    return rows[0].integer(0);
}

Status Landed::save(const std::string& source, const LandedSource& state) {
    return database_.run("insert or replace into landed_sources values (?, ?, ?, ?, ?, ?, ?, ?)",
                         {source, state.identity, state.pull, state.position, state.watermark,
                          state.columns, state.pulled_ms, static_cast<int64_t>(state.is_kept)});
}

Status Landed::add(const std::string& source, const LandedSource& state,
                   const std::vector<LandedBatch>& batches) {
    return database_.transaction([&]() -> Status {
        for (const auto& batch : batches) {
            TRY(database_.run(
                "insert into landed_batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {source, batch.id, batch.pull, static_cast<int64_t>(batch.kind), batch.version,
                 batch.file, batch.row_count, static_cast<int64_t>(batch.size_bytes), batch.columns,
                 batch.landed_ms}));
        }
        return save(source, state);
    });
}

Status Landed::replace(const std::string& source, const LandedSource& state) {
    return database_.transaction([&]() -> Status {
        TRY(database_.run("delete from landed_batches where source = ? and pull <> ?",
                          {source, state.pull}));
        return save(source, state);
    });
}

Status Landed::merge(const std::string& source, const std::vector<int64_t>& ids,
                     const std::string& file, uint64_t size_bytes) {
    return database_.transaction([&]() -> Status {
        for (const int64_t id : ids) {
            TRY(
                database_.run("update landed_batches set file = ?, size_bytes = ? where source = ? "
                              "and id = ?",
                              {file, static_cast<int64_t>(size_bytes), source, id}));
        }
        return {};
    });
}

Status Landed::keep_only(const std::set<std::string>& sources) {
    return database_.transaction([&]() -> Status {
        for (const auto& row :
             TRY(database_.rows("select source from landed_sources where is_kept = 0"))) {
            if (sources.contains(row.text(0))) continue;
            TRY(database_.run("delete from landed_sources where source = ?", {row.text(0)}));
        }
        return database_.run(
            "delete from landed_batches where not exists (select 1 from landed_sources s where "
            "s.source = landed_batches.source and s.pull = landed_batches.pull)");
    });
}

Status Landed::sweep(const std::set<std::string>& kept) {
    const std::string& folder = store_.layout().landing;
    if (!path_exists(folder)) return {};
    std::set<std::string> files = kept;
    for (const auto& row : TRY(database_.rows("select distinct file from landed_batches")))
        files.insert(row.text(0));
    for (const auto& file : TRY(list_files(folder, {.file_count_max = 10'000'000}))) {
        const std::string name = file.path.substr(folder.size() + 1);
        if (!files.contains(name)) TRY(remove_file(file.path));
    }
    return {};
}

}  // namespace quern::store
