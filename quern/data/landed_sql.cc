#include "quern/data/landed_sql.h"

#include <algorithm>
#include <map>

#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/joined.h"
#include "quern/data/landed_columns.h"

namespace quern::data {
namespace {

using project::LoadMode;
using store::BatchKind;
using store::LandedBatch;

constexpr std::string_view kRow = "file_row_number", kGone = "_quern_gone";

std::string read_sql(const std::vector<std::string>& files, std::string_view options) {
    return "read_parquet([" +
           joined(files, ", ", [](const auto& file) { return quote_literal(file); }) +
           "], hive_partitioning = false" + std::string(options) + ")";
}

// Files by what columns they have, in the order in which they landed.
struct Epoch {
    std::string columns;
    std::vector<std::string> files;
};
std::vector<Epoch> epochs_of(const std::vector<LandedBatch>& batches, BatchKind kind) {
    std::vector<Epoch> epochs;
    for (const auto& batch : batches) {
        if (batch.kind != kind) continue;
        if (epochs.empty() || epochs.back().columns != batch.columns) {
            epochs.push_back({batch.columns, {}});
        }
        auto& files = epochs.back().files;
        if (std::ranges::find(files, batch.file) == files.end()) files.push_back(batch.file);
    }
    return epochs;
}

// One SELECT an epoch. `extra` stands behind the columns.
std::string rows_sql(const frame::Schema& wanted, const std::vector<LandedBatch>& batches,
                     BatchKind kind, std::string_view options, const std::string& extra) {
    return joined(epochs_of(batches, kind), "\nunion all\n", [&](const Epoch& epoch) {
        return "select " + columns_sql(wanted, columns_from_json(epoch.columns)) + extra +
               " from " + read_sql(epoch.files, options);
    });
}

std::string empty_sql(const frame::Schema& columns) {
    return "select " + columns_sql(columns, {}) + " where false";
}

std::string order_of(const project::Source& source) {
    std::string order = std::string(kBatchColumn) + ", " + std::string(kGone);
    if (source.loading.cursor) {
        order += ", " + quote_identifier(source.loading.cursor->column.text) + " nulls first";
    }
    return order + ", " + std::string(kRow);
}

// Every version of every key's row, with what tells their order.
std::string versions_sql(const frame::Schema& columns, const std::vector<LandedBatch>& batches) {
    const std::string hidden = ", " + std::string(kBatchColumn) + ", " +
                               std::string(kLandedColumn) + ", " + std::string(kRow) + ", ";
    const std::string options = ", file_row_number = true";
    std::string sql = rows_sql(columns, batches, BatchKind::rows, options,
                               hidden + "false as " + std::string(kGone));
    const std::string deletes = rows_sql(columns, batches, BatchKind::deletes, options,
                                         hidden + "true as " + std::string(kGone));
    if (!deletes.empty()) sql += "\nunion all\n" + deletes;
    return sql;
}

std::string not_deleted(const project::Source& source) {
    std::string sql = "not " + std::string(kGone);
    if (source.loading.deleted) {
        sql += " and not coalesce(try_cast(" + quote_identifier(source.loading.deleted->text) +
               " as boolean), false)";
    }
    return sql;
}

std::string newest_sql(const project::Source& source, const frame::Schema& columns,
                       const std::vector<LandedBatch>& batches, bool with_deleted) {
    // None stands behind the newest of its key.
    return "select " + names_of(columns) + " from (\nselect *, lead(1) over (partition by " +
           keys_of(source) + " order by " + order_of(source) + ") as _quern_next from (\n" +
           versions_sql(columns, batches) + "\n))\nwhere _quern_next is null and " +
           (with_deleted ? "not " + std::string(kGone) : not_deleted(source));
}

std::string history_sql(const project::Source& source, const frame::Schema& columns,
                        const std::vector<LandedBatch>& batches) {
    const auto& cursor = source.loading.cursor;
    std::string time(kLandedColumn);
    if (cursor) {
        const int index = frame::column_index(columns, cursor->column.text);
        const bool is_time =
            index >= 0 && frame::is_temporal(columns[static_cast<size_t>(index)].type);
        if (is_time) {
            time = "case when " + std::string(kGone) + " then " + time + " else " +
                   quote_identifier(cursor->column.text) + "::timestamptz end";
        }
    }
    return "select " + names_of(columns) +
           ", valid_from, valid_to, valid_to is null as is_current from (\nselect *, " + time +
           " as valid_from, lead(" + time + ") over (partition by " + keys_of(source) +
           " order by " + order_of(source) + ") as valid_to from (\n" +
           versions_sql(columns, batches) + "\n))\nwhere " + not_deleted(source);
}

}  // namespace

std::string names_of(const frame::Schema& columns) {
    return joined(columns, ", ", [](const auto& column) { return quote_identifier(column.name); });
}

std::string keys_of(const project::Source& source) {
    return joined(source.loading.key, ", ",
                  [](const auto& key) { return quote_identifier(key.text); });
}

std::string columns_sql(const frame::Schema& wanted, const frame::Schema& there, bool casts_all) {
    return joined(wanted, ", ", [&](const frame::ColumnSpec& column) {
        const std::string name = quote_identifier(column.name);
        const int index = frame::column_index(there, column.name);
        if (index < 0) return "null::" + column.type.text() + " as " + name;
        const auto& found = there[static_cast<size_t>(index)];
        const std::string value = quote_identifier(found.name);
        if (found.type == column.type && !casts_all) return value + " as " + name;
        return value + "::" + column.type.text() + " as " + name;
    });
}

std::string has_key_sql(const project::Source& source) {
    return "(" +
           joined(source.loading.key, " and ",
                  [](const auto& key) { return quote_identifier(key.text) + " is not null"; }) +
           ")";
}

std::string newest_of_keys_sql(const project::Source& source, const frame::Schema& columns,
                               const std::string& sql) {
    const auto& cursor = source.loading.cursor;
    const std::string order =
        cursor ? quote_identifier(cursor->column.text) + " desc nulls last, " : "";
    return "select " + names_of(columns) + " from (select *, row_number() over (partition by " +
           keys_of(source) + " order by " + order + "r::varchar desc) as _quern_rank from (" + sql +
           ") as r) where _quern_rank = 1 or not " + has_key_sql(source);
}

std::string without_older_sql(const project::Source& source, const frame::Schema& columns,
                              const std::string& sql, const std::string& known_from) {
    const std::string cursor = quote_identifier(source.loading.cursor->column.text);
    std::string same = "c." + cursor + " > p." + cursor;
    for (const auto& key : source.loading.key) {
        const std::string name = quote_identifier(key.text);
        same += " and c." + name + " = p." + name;
    }
    return "select p.* from (" + sql + ") as p anti join (select " + names_of(columns) + " from " +
           known_from + ") as c on " + same;
}

LandedRelation landed_relation(const project::Source& source, const store::LandedSource& state,
                               const std::vector<LandedBatch>& batches) {
    LandedRelation relation;
    relation.columns = columns_from_json(state.columns);
    const bool has_rows = std::ranges::any_of(
        batches, [](const auto& batch) { return batch.kind == BatchKind::rows; });
    const LoadMode mode = source.loading.mode;
    relation.is_plain = mode == LoadMode::full || mode == LoadMode::append;
    auto columns = relation.columns;
    if (mode == LoadMode::snapshot) {
        relation.columns.push_back({"valid_from", frame::type_from_sql("TIMESTAMPTZ")});
        relation.columns.push_back({"valid_to", frame::type_from_sql("TIMESTAMPTZ")});
        relation.columns.push_back({"is_current", frame::type_from_sql("BOOLEAN")});
    }
    if (!has_rows) {
        relation.select_sql = empty_sql(relation.columns);
    } else if (mode == LoadMode::upsert) {
        relation.select_sql = newest_sql(source, columns, batches, false);
    } else if (mode == LoadMode::snapshot) {
        relation.select_sql = history_sql(source, columns, batches);
    } else {
        relation.select_sql = rows_sql(columns, batches, BatchKind::rows, "", "");
    }
    for (const auto& batch : batches) relation.files.push_back(batch.file);
    relation.bad_sql = bad_rows_sql(batches);
    return relation;
}

std::string bad_rows_sql(const std::vector<LandedBatch>& batches) {
    std::vector<std::string> files;  // batches that were merged share one
    for (const auto& batch : batches) {
        const bool is_new = std::ranges::find(files, batch.file) == files.end();
        if (batch.kind == BatchKind::bad && is_new) files.push_back(batch.file);
    }
    return files.empty() ? "" : "select file, line, reason, raw from " + read_sql(files, "");
}

std::string current_rows_sql(const project::Source& source, const store::LandedSource& state,
                             const std::vector<LandedBatch>& batches) {
    const auto columns = columns_from_json(state.columns);
    const bool has_rows = std::ranges::any_of(
        batches, [](const auto& batch) { return batch.kind == BatchKind::rows; });
    if (!has_rows) return empty_sql(columns);
    if (source.loading.mode == LoadMode::append) {
        return rows_sql(columns, batches, BatchKind::rows, "", "");
    }
    return newest_sql(source, columns, batches, true);
}

std::string landed_version(const std::vector<LandedBatch>& batches) {
    Sha256 hash;
    for (const auto& batch : batches) {
        if (batch.kind == BatchKind::bad) continue;
        hash.add_field(std::to_string(static_cast<int>(batch.kind)));
        hash.add_field(batch.version);
        hash.add_field(batch.columns);
    }
    return hash.hex();
}

std::string rows_added_sql(const frame::Schema& columns, const frame::Schema& common,
                           const std::string& sql, const std::string& known_from) {
    std::string list, all, equal;
    for (const auto& column : common) {
        const std::string name = quote_identifier(column.name);
        list += (list.empty() ? "" : ", ") + name;
        equal += (equal.empty() ? "a." : " and a.") + name + " is not distinct from b." + name;
    }
    if (common.empty()) return sql;
    if (common.size() == columns.size())
        return "(" + sql + ") except all (select " + list + " from " + known_from + ")";
    for (const auto& column : columns)
        all += (all.empty() ? "a." : ", a.") + quote_identifier(column.name);
    return "select " + all + " from (select *, row_number() over (partition by " + list +
           ") as quern_nth from (" + sql + ")) as a left join (select " + list +
           ", count(*) as quern_count from " + known_from + " group by " + list + ") as b on " +
           equal + " where quern_nth > coalesce(quern_count, 0)";
}

std::string range_sql(const std::string& name, const std::string& from, const std::string& to,
                      const frame::Type& type) {
    std::string sql = "true";
    const std::string as_type = "::" + type.text();
    if (!from.empty()) sql += " and " + name + " >= " + quote_literal(from) + as_type;
    if (!to.empty()) sql += " and " + name + " < " + quote_literal(to) + as_type;
    return sql;
}

}  // namespace quern::data
