// Sources whose rows have landed: a view over their batches, or a table made of them.
#include "quern/base/fault.h"
#include "quern/base/text.h"
#include "quern/data/landed_sql.h"
#include "quern/flow/work.h"
#include "quern/transform/physical.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

// What was there under these names may be of the other kind.
Status make_relation(sql::Session& session, const std::string& physical,
                     const data::LandedRelation& relation) {
    return session.in_transaction([&]() -> Status {
        TRY(transform::drop_any(session, transform::kDataSchema, physical));
        return session.execute("create " + std::string(relation.is_plain ? "view " : "table ") +
                               transform::qualified(transform::kDataSchema, physical) + " as " +
                               relation.select_sql);
    });
}

Status show_bad_rows(sql::Session& session, const std::string& name,
                     const data::LandedRelation& relation) {
    TRY(transform::drop_any(session, transform::kBadRowsSchema, name));
    if (relation.bad_sql.empty()) return {};
    return session.execute("create view " + transform::qualified(transform::kBadRowsSchema, name) +
                           " as " + relation.bad_sql);
}

std::string counts_of(const data::LandReport& report, project::LoadMode mode) {
    std::string words;
    if (report.rows_new > 0 && mode != project::LoadMode::full)
        words += ", " + with_thousands(report.rows_new) + " new";
    if (report.rows_gone > 0) words += ", " + with_thousands(report.rows_gone) + " gone";
    if (report.rows_bad > 0) words += ", " + with_thousands(report.rows_bad) + " quarantined";
    return words;
}

// "what hangs on it: sales (table), churn (model)"
std::string touched_words(const Graph& graph, size_t position) {
    std::string names;
    const auto reached = graph.downstream_of(position);
    for (size_t i = position + 1; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        if (!reached[i]) continue;
        names += (names.empty() ? "" : ", ") + node.name + " (" +
                 std::string(kind_name(node.kind)) + ")";
    }
    return names.empty() ? "nothing hangs on it" : "what hangs on it: " + names;
}

}  // namespace

Result<Work> land_node(const RunContext& context, const Step& step, sql::Session& session) {
    const Node& node = context.node(step);
    const auto& source = context.workspace.project.sources[node.index];
    const auto landing = context.landings.find(node.name);
    if (landing != context.landings.end()) TRY(Status(landing->second.fault));
    const auto relation = TRY(landed_relation(context.store(), source));
    Work work;
    work.physical = context.physical[step.node];
    const std::string name = transform::qualified(transform::kDataSchema, work.physical);
    const std::string bad = transform::qualified(transform::kBadRowsSchema, node.name);
    TRY(make_relation(session, work.physical, relation));
    TRY(show_bad_rows(session, node.name, relation));
    fault_point("source_made");
    work.outcome.row_count = TRY(session.query_int("select count(*) from " + name));
    work.outcome.message = plural(work.outcome.row_count, "row");
    work.facts = facts_json({.columns = relation.columns, .files = relation.files});
    if (landing == context.landings.end()) return work;
    const auto& report = landing->second.report;
    work.outcome.message += counts_of(report, source.loading.mode);
    work.outcome.details = report.notes;
    if (report.has_changed_columns)
        work.outcome.details.push_back(touched_words(context.prepared.graph, step.node));
    if (report.rows_bad > 0) {
        work.outcome.details.push_back(report.first_reason);
        work.outcome.details.push_back("see them: quern query 'from " + bad + "'");
    }
    return work;
}

}  // namespace quern::flow
