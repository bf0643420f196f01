// Snapshots of look-up tables.
#include "quern/base/clock.h"
#include "quern/base/text.h"
#include "quern/flow/work.h"
#include "quern/store/snapshots.h"
#include "quern/transform/physical.h"

namespace quern::flow {
namespace {

bool is_kept(const frame::ColumnSpec& column) { return column.type.id != frame::TypeId::other; }

// What is written: of every column that a program can read, so that a model may change its features
// and go back to an older version.
score::LookupFacts facts_of(const project::Lookup& lookup, const frame::Schema& columns) {
    score::LookupFacts facts;
    facts.table = lookup.table.text;
    for (const auto& key : lookup.key) {
        const int position = frame::column_index(columns, key.column.text);
        facts.keys.push_back(columns[static_cast<size_t>(position)]);
    }
    for (const auto& column : columns) {
        if (is_kept(column)) facts.columns.push_back(column);
    }
    facts.has_time = lookup.time.has_value();
    facts.has_known = lookup.known.has_value();
    return facts;
}

// The rows as score::LookupBuilder takes them. Rows that have no key or were never known are left
// out; the last of equal ones is the greatest.
std::string rows_sql(const project::Lookup& lookup, const score::LookupFacts& facts,
                     const std::string& relation) {
    std::vector<std::string> leading;
    for (const auto& key : facts.keys) leading.push_back(quote_identifier(key.name));
    if (lookup.time) leading.push_back(quote_identifier(lookup.time->text));
    if (lookup.known) leading.push_back(quote_identifier(lookup.known->text));
    std::string list, where, order;
    for (size_t i = 0; i < leading.size(); ++i) {
        list += (i == 0 ? "" : ", ") + leading[i];
        where += (i == 0 ? "" : " and ") + leading[i] + " is not null";
        order += (i == 0 ? "" : ", ") + leading[i];
    }
    for (const auto& column : facts.columns) {
        list += ", " + quote_identifier(column.name);
        if (lookup.time) order += ", " + quote_identifier(column.name) + " nulls first";
    }
    return "select " + list + " from " + relation + " where " + where + " order by " + order;
}

}  // namespace

Result<Work> snapshot_node(const RunContext& context, const Step& step, sql::Session& session) {
    const Node& node = context.node(step);
    const auto& model = context.workspace.project.models[node.index];
    const auto& lookup = model.lookups[node.part];
    const std::string relation =
        transform::qualified(transform::kDataSchema, context.physical[node.inputs[0]]);
    const auto columns = TRY(session.columns_of("from " + relation));
    const score::LookupFacts facts = facts_of(lookup, columns);
    score::LookupBuilder builder(facts);
    auto reader = TRY(session.query(rows_sql(lookup, facts, relation)));
    while (const auto views = TRY(reader.next())) {
        Status status = builder.add({views->columns, views->row_count});
        if (status.ok()) continue;
        return std::move(status)
            .at(lookup.place.text())
            .hint(
                "keep one row of each key in the table's SQL, or name the column with the "
                "rows' time: `time: COLUMN`");
    }
    const std::string bytes = TRY(builder.finish());
    const int64_t row_count = static_cast<int64_t>(builder.facts().row_count);
    Work work;
    work.physical = TRY(store::put_snapshot(context.store().layout(), bytes));
    work.outcome.row_count = row_count;
    work.outcome.message = plural(static_cast<int64_t>(builder.facts().key_count), "key");
    if (lookup.time) work.outcome.message += ", " + plural(row_count, "row");
    work.outcome.message += ", " + size_text(bytes.size());
    if (builder.replaced_count() > 0) {
        work.outcome.details.push_back(
            plural(static_cast<int64_t>(builder.replaced_count()), "row") +
            " left out: another of the same key and time is greater");
    }
    work.record = [&store = context.store(), snapshot = work.physical] {
        return store::Snapshots(store).set_checked(snapshot, unix_ms_now());
    };
    return work;
}

}  // namespace quern::flow
