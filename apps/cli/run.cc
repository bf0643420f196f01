// `quern run`: brings tables, models and services up to date.

#include "quern/flow/run.h"

#include <malloc.h>

#include "quern/base/json.h"
#include "quern/base/terminal.h"
#include "quern/base/text.h"
#include "quern/flow/lookups.h"
#include "quern/frame/text_table.h"

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

// How the sources are asked; what is asked of some must say of which.
Result<flow::PullOptions> pull_options(const Invocation& invocation) {
    flow::PullOptions options;
    options.is_offline = invocation.has("offline");
    options.reloads = invocation.has("reload");
    if (invocation.has("from") || invocation.has("to"))
        options.range = data::CursorRange{invocation.text("from"), invocation.text("to")};
    if (options.is_offline && (options.reloads || options.range))
        return invalid_argument("--offline asks no source, so nothing can be loaded again");
    if (options.reloads && options.range)
        return invalid_argument("--reload loads everything, --from and --to a part of it");
    if ((options.reloads || options.range) && invocation.list("NAME").empty()) {
        return invalid_argument("say which sources to load again")
            .hint("quern run orders --reload; quern run orders --from 2024-01-01 --to 2024-02-01");
    }
    return options;
}

// Types and the first rows of sources, without loading anything.
Result<int> dry_run(const Invocation& invocation, flow::Workspace& workspace) {
    const auto names = invocation.list("NAME");
    for (const auto& source : workspace.project.sources) {
        const bool is_asked = names.empty() ? source.origin.has_value()
                                            : std::ranges::find(names, source.name) != names.end();
        if (!is_asked) continue;
        const auto sample = TRY(flow::sample_source(workspace, source, &cancel_on_interrupt()));
        std::string types;
        for (const auto& column : sample.schema)
            types += "  " + quote_identifier(column.name) + " " + column.type.text() + "\n";
        const frame::TextTableLimits limits{.width =
                                                stdout_is_terminal() ? terminal_columns() : 100};
        TRY(print(source.name + "\n" + types + "\n" +
                  aligned_text(frame::text_table_of(sample, limits), limits) + "\n"));
    }
    for (const auto& name : names) {
        if (workspace.project.find_source(name) != nullptr) continue;
        std::vector<std::string_view> known;
        for (const auto& source : workspace.project.sources) known.push_back(source.name);
        return unknown_name("source", name, known);
    }
    return 0;
}

Result<int> run(const Invocation& invocation) {
    // Threads come and go here; with an arena each, memory would grow with their number.
    ::mallopt(M_ARENA_MAX, 2);
    auto workspace = TRY(open_workspace(invocation));
    if (invocation.has("dry-run")) return dry_run(invocation, workspace);
    const NodeLines lines(names_of(workspace.project));
    flow::RunRequest request;
    request.names = invocation.list("NAME");
    request.cancel = &cancel_on_interrupt();
    request.pull = TRY(pull_options(invocation));
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
    .options = {{"--reload", "", "Load the named sources from their beginning"},
                {"--from", "VALUE", "Load a range of the named sources: from this cursor value"},
                {"--to", "VALUE", "... up to, not including, this one"},
                {"--offline", "", "Ask no source; use the rows that are here"},
                {"--dry-run", "", "Show types and ten rows of sources; load nothing"}},
    .run = run,
});

}  // namespace quern::cli
