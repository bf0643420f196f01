#include "quern/data/landed_merge.h"

#include <algorithm>
#include <set>

#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/landed_sql.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

using store::LandedBatch;

// Batches that may share a file: neighbours among those of their kind, with the same columns.
struct Group {
    std::vector<int64_t> ids;
    std::vector<std::string> files;  // each once, in order
    uint64_t size_bytes = 0;
};

std::vector<Group> groups_of(const std::vector<LandedBatch>& batches, store::BatchKind kind,
                             const MergeLimits& limits) {
    std::vector<Group> groups(1);
    std::string columns;
    for (const auto& batch : batches) {
        if (batch.kind != kind) continue;
        Group* group = &groups.back();
        const bool is_there = std::ranges::find(group->files, batch.file) != group->files.end();
        const uint64_t size = is_there ? 0 : batch.size_bytes;
        if (batch.columns != columns || group->size_bytes + size > limits.size_bytes_max) {
            group = &groups.emplace_back();
            columns = batch.columns;
        }
        group->ids.push_back(batch.id);
        group->size_bytes += size;
        if (!is_there) group->files.push_back(batch.file);
    }
    std::erase_if(groups, [&](const Group& group) {
        return group.files.size() < std::max<size_t>(limits.file_count_min, 2);
    });
    return groups;
}

Status merge(sql::Session& session, store::Store& store, const std::string& source,
             const std::string& folder, const Group& group) {
    std::string files;
    for (const auto& file : group.files) files += (files.empty() ? "" : ", ") + quote_literal(file);
    const std::string path = join_path(folder, "merged.parquet");
    TRY(session.execute("copy (from read_parquet([" + files + "], hive_partitioning = false)) to " +
                        quote_literal(path) + std::string(kParquetOptions)));
    const std::string name = source + "/" + TRY(sha256_file(path)) + ".parquet";
    const uint64_t size_bytes = TRY(file_facts(path)).size_bytes;
    TRY(rename_durable(path, join_path(store.layout().landing, name)));
    fault_point("merged");
    return store::Landed(store).merge(source, group.ids, name, size_bytes);
}

}  // namespace

Status merge_small_batches(sql::Session& session, store::Store& store, const std::string& source,
                           const std::string& folder, const MergeLimits& limits) {
    const auto batches = TRY(store::Landed(store).batches(source));
    if (batches.size() < limits.file_count_min) return {};
    for (const auto kind :
         {store::BatchKind::rows, store::BatchKind::deletes, store::BatchKind::bad}) {
        for (const auto& group : groups_of(batches, kind, limits))
            TRY(merge(session, store, source, folder, group));
    }
    return {};
}

}  // namespace quern::data
