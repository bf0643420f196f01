// Sources and tables.
#include <algorithm>

#include "quern/base/fault.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/data/load.h"
#include "quern/flow/sql_models.h"
#include "quern/flow/typing.h"
#include "quern/flow/work.h"
#include "quern/quality/run.h"
#include "quern/store/check_history.h"
#include "quern/store/file_hashes.h"
#include "quern/transform/build.h"
#include "quern/transform/physical.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

using project::Severity;

data::HashLookup known_hashes(store::Store& store) {
    return [&store](const data::FileVersion& file) -> std::string {
        auto found =
            store::FileHashes(store).find({file.path, file.size_bytes, file.modified_ns, ""});
        return found.ok() ? *std::move(found) : "";
    };
}

std::vector<store::CheckRecord> records_of(const RunContext& context, const std::string& id,
                                           const quality::CheckReport& report) {
    std::vector<store::CheckRecord> records;
    for (const auto& result : report.results) {
        const bool is_warning = result.severity == Severity::warn;
        records.push_back({.run = context.run,
                           .node = id,
                           .check = result.words,
                           .column = result.column,
                           .severity = is_warning ? "warn" : "error",
                           .state = result.has_passed ? "passed"
                                    : is_warning      ? "warned"
                                                      : "failed",
                           .failing_count = result.failing_count,
                           .row_count = result.checked_count,
                           .message = result.example});
    }
    return records;
}

std::string check_words(const quality::CheckReport& report) {
    const int64_t failed = report.failed_count(Severity::error);
    const int64_t warned = report.failed_count(Severity::warn);
    const int64_t passed = static_cast<int64_t>(report.results.size()) - failed - warned;
    std::string words;
    if (passed > 0) words += ", " + plural(passed, "check") + " passed";
    if (warned > 0) words += ", " + plural(warned, "warning");
    if (failed > 0) words += ", " + std::to_string(failed) + " FAILED";
    return words;
}

void add_failures(const quality::CheckReport& report, NodeOutcome& outcome) {
    for (const auto& result : report.results) {
        if (result.has_passed) continue;
        const bool is_warning = result.severity == Severity::warn;
        outcome.details.push_back((is_warning ? "warning: " : "") + failure_words(result));
    }
    if (report.failed_rows.empty()) return;
    outcome.details.push_back("kept for a look: quern query 'from " + report.failed_rows + "'");
}

Result<transform::BuildRequest> build_request(const RunContext& context, const Step& step,
                                              sql::Session& session) {
    const Node& node = context.node(step);
    const auto& table = context.workspace.project.tables[node.index];
    transform::BuildRequest request;
    request.materialization = table.materialize == project::Materialize::view ? "view" : "table";
    const auto place =
        node.sql.place_with([&table](size_t offset) { return place_in_sql(table, offset).text(); });
    auto called =
        TRY(SqlModels(context.workspace).prepare(session, node.sql.sql, node.model_calls, place));
    request.place = called.place_with(place);
    request.sql = std::move(called.sql);
    request.physical = context.physical[step.node];
    for (const size_t input : node.inputs) {
        const bool is_of_checks =
            std::ranges::find(node.check_inputs, input) != node.check_inputs.end();
        const Node& read = context.prepared.graph.nodes[input];
        if (is_of_checks || read.kind == NodeKind::model) continue;
        request.inputs.emplace(read.name, context.physical[input]);
    }
    return request;
}

quality::CheckTarget check_target(const RunContext& context, const Step& step,
                                  const transform::Built& built, bool is_view) {
    const Node& node = context.node(step);
    quality::CheckTarget target;
    target.table = node.name;
    target.relation = transform::qualified(transform::kDataSchema, context.physical[step.node]);
    target.schema = built.columns;
    target.has_row_numbers = !is_view;
    for (const size_t input : node.inputs) {
        if (context.prepared.graph.nodes[input].kind == NodeKind::model) continue;
        target.relations.emplace(
            context.prepared.graph.nodes[input].name,
            transform::qualified(transform::kDataSchema, context.physical[input]));
    }
    return target;
}

// What is there already, when only the checks are new.
Result<transform::Built> look_at(sql::Session& session, const std::string& physical) {
    const std::string name = transform::qualified(transform::kDataSchema, physical);
    transform::Built built;
    built.columns = TRY(session.columns_of("from " + name));
    built.row_count = TRY(session.query_int("select count(*) from " + name));
    return built;
}

Result<transform::Built> build(const RunContext& context, const Step& step, sql::Session& session) {
    return transform::build_table(session, TRY(build_request(context, step, session)));
}

}  // namespace

Result<Work> load_node(const RunContext& context, const Step& step, sql::Session& session) {
    const Node& node = context.node(step);
    const auto& source = context.workspace.project.sources[node.index];
    const std::string& physical = context.physical[step.node];
    data::LoadTarget target;
    target.table = transform::qualified(transform::kDataSchema, physical);
    target.quarantine = transform::qualified(transform::kBadRowsSchema, node.name);
    // Of the same files: those that changed since are refused below.
    const auto shape = context.typed.sources.find(node.id());
    if (shape != context.typed.sources.end()) target.shape = &shape->second;
    // It may have come from another place before.
    TRY(transform::drop_any(session, transform::kBadRowsSchema, node.name));
    const auto report = TRY(data::load_source(session, context.workspace.project.root, source,
                                              target, known_hashes(context.store())));
    if (sha256_hex(data::version_text(report.files)) != node.parts.data) {
        return unavailable("the files of source '" + node.name + "' changed while they were read")
            .at(source.place.text())
            .hint("run again once they are written in full");
    }
    Work work;
    work.physical = physical;
    work.facts = facts_json({report.columns, 0});
    work.outcome.row_count = report.rows_loaded;
    work.outcome.message = plural(report.rows_loaded, "row");
    work.outcome.details = report.notes;
    if (report.rows_quarantined > 0) {
        work.outcome.message += ", " + with_thousands(report.rows_quarantined) + " quarantined";
        work.outcome.details.push_back(report.first_reason);
        work.outcome.details.push_back("see them: quern query 'from " + target.quarantine + "'");
    }
    return work;
}

Result<Work> build_node(const RunContext& context, const Step& step, sql::Session& session) {
    const Node& node = context.node(step);
    const auto& table = context.workspace.project.tables[node.index];
    const bool is_view = table.materialize == project::Materialize::view;
    const auto built = step.action == Action::recheck
                           ? TRY(look_at(session, context.physical[step.node]))
                           : TRY(build(context, step, session));
    fault_point("table_built");
    const auto report = TRY(
        quality::run_checks(session, check_target(context, step, built, is_view), table.checks));
    fault_point("table_checked");
    Work work;
    work.physical = context.physical[step.node];
    work.facts = facts_json({built.columns, static_cast<int64_t>(report.results.size()) -
                                                report.failed_count(Severity::error) -
                                                report.failed_count(Severity::warn)});
    work.is_published = report.has_passed();
    work.outcome.state = report.has_passed() ? store::RunState::done : store::RunState::failed;
    work.outcome.row_count = built.row_count;
    work.outcome.message = plural(built.row_count, "row") + check_words(report);
    add_failures(report, work.outcome);
    auto records = records_of(context, node.id(), report);
    work.record = [&store = context.store(), records = std::move(records)] {
        return store::CheckHistory(store).add(records);
    };
    return work;
}

}  // namespace quern::flow
