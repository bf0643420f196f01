// `quern run`: brings tables, models and services up to date.

#include "quern/flow/run.h"

#include <malloc.h>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/lookups.h"

#include "apps/cli/command.h"
#include "apps/cli/node_lines.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

using flow::NodeOutcome;
using store::RunState;

std::vector<flow::Node> names_of(const project::Project& project) {
    std::vector<flow::Node> nodes;
    const auto add = [&](flow::NodeKind kind, const auto& list) {
        for (const auto& item : list) {
            flow::Node node;
            node.kind = kind;
            node.name = item.name;
            nodes.push_back(std::move(node));
        }
    };
    add(flow::NodeKind::source, project.sources);
    add(flow::NodeKind::table, project.tables);
    add(flow::NodeKind::model, project.models);
    add(flow::NodeKind::service, project.services);
    for (const auto& model : project.models) {
        for (const auto& lookup : model.lookups) {
            nodes.emplace_back().kind = flow::NodeKind::lookup;
            nodes.back().name = flow::lookup_node_name(model, lookup);
        }
    }
    return nodes;
}

std::string outcome_text(const NodeLines& lines, const NodeOutcome& outcome) {
    const bool is_timed =
        outcome.state != RunState::skipped && outcome.kind != flow::NodeKind::service;
    std::string text =
        lines.text({outcome.name, std::string(flow::kind_name(outcome.kind)), outcome.message,
                    is_timed ? duration_text(outcome.seconds) : ""});
    for (const auto& detail : outcome.details) text += lines.detail(detail);
    return text;
}

std::string report_json(const flow::RunReport& report) {
    JsonWriter json(2);
    json.begin_object().field("nodes", report.node_count);
    json.field("up_to_date", report.up_to_date_count).field("seconds", report.seconds);
    json.field("done", report.count(RunState::done));
    json.key("outcomes").begin_array();
    for (const auto& outcome : report.outcomes) {
        json.begin_object().field("name", outcome.name);
        json.field("kind", flow::kind_name(outcome.kind));
        json.field("state", store::state_name(outcome.state)).field("message", outcome.message);
        json.list("details", outcome.details).field("rows", outcome.row_count);
        json.field("seconds", outcome.seconds).end_object();
    }
    json.end_array().list("notes", report.notes);
    const Status fault = report.fault();
    if (!fault.ok()) {
        const std::string error = fault_json(fault);  // {"error": {...}}
        const size_t begin = error.find(':') + 1;
        json.key("error").raw(error.substr(begin, error.rfind('}') - begin));
    }
    return json.end_object().take() + "\n";
}

// What to look at now: the last of the most telling things that this run made.
std::string next_step(const flow::RunReport& report) {
    std::string table, model;
    bool has_service = false;
    for (const auto& outcome : report.outcomes) {
        if (outcome.kind == flow::NodeKind::table) table = outcome.name;
        if (outcome.kind == flow::NodeKind::source && table.empty()) table = outcome.name;
        if (outcome.kind == flow::NodeKind::model) model = outcome.name;
        has_service = has_service || outcome.kind == flow::NodeKind::service;
    }
    if (model.empty()) {
        return table.empty() ? "" : ". Look: `quern query 'from " + quote_identifier(table) + "'`";
    }
    return ". See `quern show " + model + "`" + (has_service ? ", or start it: `quern serve`" : "");
}

std::string summary(const std::vector<std::string>& asked, const flow::RunReport& report) {
    std::string text;
    for (const auto& note : report.notes) text += note + "\n";
    const size_t done = report.count(RunState::done);
    const std::string seconds = duration_text(report.seconds);
    if (report.outcomes.empty() && !asked.empty()) {
        std::string list;
        for (const auto& name : asked) list += (list.empty() ? "" : ", ") + name;
        return text + "Nothing to do for " + list + ": up to date (" + seconds + ")\n";
    }
    if (report.outcomes.empty()) {
        return text + "Nothing to do: " + with_thousands(static_cast<int64_t>(report.node_count)) +
               " of " + with_thousands(static_cast<int64_t>(report.node_count)) + " up to date (" +
               seconds + ")\n";
    }
    const std::string counts = with_thousands(static_cast<int64_t>(done)) + " of " +
                               with_thousands(static_cast<int64_t>(report.outcomes.size()));
    if (report.is_good()) {
        return text + "Done: " + counts + " in " + seconds + next_step(report) + "\n";
    }
    if (report.count(RunState::cancelled) > 0) {
        return text + "Stopped: " + counts + " done. `quern run` goes on from here.\n";
    }
    return text + "Failed: " + counts + " done. What was published before stays in place.\n";
}

Result<int> run(const Invocation& invocation) {
    // Threads come and go here; with an arena each, memory would grow with their number.
    ::mallopt(M_ARENA_MAX, 2);
    auto workspace = TRY(open_workspace(invocation));
    const NodeLines lines(names_of(workspace.project));
    flow::RunRequest request;
    request.names = invocation.list("NAME");
    request.cancel = &cancel_on_interrupt();
    Status printed;
    if (!invocation.is_json) {
        request.on_finished = [&](const NodeOutcome& outcome) {
            if (printed.ok()) printed = print(outcome_text(lines, outcome));
        };
    }
    const auto report = TRY(flow::run_project(workspace, request));
    TRY(printed);
    TRY(print(invocation.is_json ? report_json(report) : summary(request.names, report)));
    if (invocation.is_json && !report.fault().ok()) return exit_code(report.fault().code());
    TRY(report.fault());
    return report.is_good() ? 0 : kCheckFailed;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "run",
    .summary = "Bring tables, models and services up to date",
    .example = "quern run",
    .arguments = {{.name = "NAME",
                   .doc = "only these, and what they hang on",
                   .is_required = false,
                   .is_list = true}},
    .options = {},
    .run = run,
});

}  // namespace quern::cli
