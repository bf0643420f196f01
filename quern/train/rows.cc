#include "quern/train/rows.h"

#include <cmath>
#include <optional>

#include "quern/base/text.h"
#include "quern/stats/random.h"
#include "quern/train/target.h"

namespace quern::train {
namespace {

// The same value always gives the same number: split and folds hang on it.
uint64_t hash_value(const frame::ColumnView& column, size_t row) {
    constexpr uint64_t kNull = 0x6e756c6cULL;
    if (!column.is_valid(row)) return kNull;
    const char* bytes = nullptr;
    size_t size = 0;
    if (frame::is_text(column.type)) {
        const auto text = column.values<std::string_view>()[row];
        bytes = text.data();
        size = text.size();
    } else {
        size = frame::value_size_bytes(column.type);
        bytes = column.values<char>() + row * size;
    }
    uint64_t hash = size;
    for (size_t i = 0; i < size; ++i) hash = stats::mix(hash, static_cast<unsigned char>(bytes[i]));
    return hash;
}

Result<size_t> find_column(const frame::Schema& schema, const Located& name,
                           std::string_view what) {
    const int index = frame::column_index(schema, name.text);
    if (index >= 0) return static_cast<size_t>(index);
    return not_found("the " + std::string(what) + " column '" + name.text + "' is not in the table")
        .at(name.place.text());
}

// Where the columns that say something about a row stand.
struct Columns {
    std::optional<size_t> target;
    std::optional<size_t> weight, time, group;
    std::vector<size_t> keys;
};

Result<Columns> find_columns(const project::Model& model, const frame::Schema& schema) {
    Columns columns;
    if (model.task != "cluster") columns.target = TRY(find_column(schema, model.target, "target"));
    for (const auto& key : model.key) {
        columns.keys.push_back(TRY(find_column(schema, key, "key")));
    }
    if (model.time) columns.time = TRY(find_column(schema, *model.time, "time"));
    if (model.weight) {
        const size_t weight = TRY(find_column(schema, *model.weight, "weight"));
        if (!frame::is_numeric(schema[weight].type)) {
            return invalid_argument("the weight column '" + model.weight->text + "' is " +
                                    schema[weight].type.text() + ", not a number")
                .at(model.weight->place.text());
        }
        columns.weight = weight;
    }
    const bool is_by_group = model.split.kind == project::SplitKind::group;
    if (is_by_group && model.split.group.text.empty()) {
        return invalid_argument("a group split needs `group: COLUMN`").at(model.split.place.text());
    }
    if (is_by_group) columns.group = TRY(find_column(schema, model.split.group, "group"));
    if (model.split.kind == project::SplitKind::time && !model.time) {
        return invalid_argument("a time split needs `time: COLUMN` in the model")
            .at(model.split.place.text());
    }
    if (columns.time && !frame::is_temporal(schema[*columns.time].type) &&
        !frame::is_numeric(schema[*columns.time].type)) {
        return invalid_argument("the time column '" + model.time->text + "' is " +
                                schema[*columns.time].type.text() +
                                "; it must be a date, a time or a number")
            .at(model.time->place.text());
    }
    return columns;
}

Status keep_weight(const project::Model& model, const frame::ColumnView& column, size_t row,
                   Rows& rows) {
    const double weight = frame::value_as_double(column, row);
    if (std::isfinite(weight) && weight >= 0) {
        rows.weights.push_back(weight);
        return {};
    }
    return invalid_argument("weight '" + model.weight->text + "' is " +
                            frame::value_text(column, row) +
                            " in a row; weights are numbers of at least 0")
        .at(model.weight->place.text());
}

Status keep_row(const project::Model& model, const Columns& columns, const frame::BatchView& batch,
                size_t row, Rows& rows) {
    if (columns.weight) TRY(keep_weight(model, batch.columns[*columns.weight], row, rows));
    if (columns.time) {
        rows.times.push_back(frame::value_as_double(batch.columns[*columns.time], row));
    }
    if (columns.group) rows.groups.push_back(hash_value(batch.columns[*columns.group], row));
    if (columns.keys.empty()) return {};
    uint64_t key = 0;
    for (const size_t column : columns.keys) {
        key = stats::mix(key, hash_value(batch.columns[column], row));
    }
    rows.keys.push_back(key);
    return {};
}

}  // namespace

namespace {

// Two classes that stand in until the learner has named its clusters.
void stand_in_target(Rows& rows) {
    rows.task = Task::classify;
    rows.target_type = frame::type_from_sql("VARCHAR");
    rows.classes = {"1", "2"};
    rows.class_counts = {0, 0};
    rows.targets.assign(rows.position.size(), 0);
}

}  // namespace

Result<Rows> read_rows(const TrainingRequest& request) {
    const project::Model& model = *request.model;
    const Columns columns = TRY(find_columns(model, request.schema));
    std::optional<TargetReader> target;
    if (columns.target)
        target = TRY(TargetReader::make(model, request.schema[*columns.target].type));
    Rows rows;
    const auto keep = [&](const frame::BatchView& batch) -> Status {
        TRY(request.watch.check());
        for (size_t row = 0; row < batch.row_count; ++row) {
            if (target && !batch.columns[*columns.target].is_valid(row)) {
                rows.position.push_back(Rows::kDropped);
                ++rows.dropped_count;
                continue;
            }
            const size_t kept = rows.position.size() - rows.dropped_count;
            rows.position.push_back(static_cast<uint32_t>(kept));
            if (target) target->add(batch.columns[*columns.target], row);
            TRY(keep_row(model, columns, batch, row, rows));
        }
        return {};
    };
    TRY(request.scan(keep));
    if (!target) {
        stand_in_target(rows);
        return rows;
    }
    TRY(target->finish(rows));
    if (rows.dropped_count > 0) {
        rows.notes.push_back(plural(static_cast<int64_t>(rows.dropped_count), "row") +
                             " left out: " + model.target.text + " is NULL");
    }
    return rows;
}

}  // namespace quern::train
