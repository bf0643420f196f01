// `quern plan`: what a run would do, and why.

#include "quern/flow/plan.h"

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/flow/prepare.h"

#include "apps/cli/command.h"
#include "apps/cli/node_lines.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

using flow::Action;

std::string action_name(Action action) {
    switch (action) {
        case Action::none:
            return "up to date";
        case Action::build:
            return "build";
        case Action::recheck:
            return "check";
        case Action::hold:
            return "held";
    }
    return "";
}

std::string plan_json(const flow::Prepared& prepared) {
    JsonWriter json(2);
    json.begin_object().field("nodes", prepared.graph.nodes.size());
    json.field("to_run", flow::count_to_run(prepared.steps)).key("steps").begin_array();
    for (const auto& step : prepared.steps) {
        const auto& node = prepared.graph.nodes[step.node];
        json.begin_object().field("name", node.name).field("kind", flow::kind_name(node.kind));
        json.field("action", action_name(step.action)).field("why", step.why);
        json.field("rows", step.row_count).field("seconds", step.seconds);
        json.field("fingerprint", node.fingerprint).end_object();
    }
    json.end_array().list("no_longer_in_project", prepared.gone);
    return json.end_object().take() + "\n";
}

std::string estimate(const flow::Node& node, const flow::Step& step) {
    if (step.seconds <= 0) return "";
    const std::string time = "~" + duration_text(step.seconds);
    if (step.action == Action::recheck) return "check only";
    if (node.kind == flow::NodeKind::service) return "";
    const std::string rows = node.kind == flow::NodeKind::model    ? "retrain"
                             : node.kind == flow::NodeKind::lookup ? "refresh"
                                                                   : plural(step.row_count, "row");
    return rows + "  " + time;
}

std::string plan_text(const flow::Prepared& prepared) {
    const NodeLines lines(prepared.graph.nodes);
    std::string text;
    for (const auto& step : prepared.steps) {
        if (step.action == Action::none) continue;
        const auto& node = prepared.graph.nodes[step.node];
        text += lines.text(
            {node.name, std::string(flow::kind_name(node.kind)), step.why, estimate(node, step)});
    }
    for (const auto& id : prepared.gone) {
        text +=
            id.substr(id.find(':') + 1) + " is no longer in the project: it goes out of sight\n";
    }
    const auto total = static_cast<int64_t>(prepared.steps.size());
    const auto to_run = static_cast<int64_t>(flow::count_to_run(prepared.steps));
    if (to_run == 0) {
        return text + "Nothing to do: " + with_thousands(total) + " of " + with_thousands(total) +
               " up to date\n";
    }
    return text + with_thousands(to_run) + " to run, " + with_thousands(total - to_run) +
           " up to date\n";
}

// What a plan cannot know yet.
std::string asked_text(const project::Project& project) {
    std::string names;
    for (const auto& source : project.sources)
        if (source.origin) names += (names.empty() ? "" : ", ") + source.name;
    return names.empty() ? "" : "A run first asks for new rows: " + names + "\n";
}

Result<int> plan(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const auto prepared = TRY(flow::plan_project(workspace, invocation.list("NAME")));
    TRY(print(invocation.is_json ? plan_json(prepared)
                                 : plan_text(prepared) + asked_text(workspace.project)));
    return 0;
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "plan",
    .summary = "Show what a run would do, and why",
    .example = "quern plan",
    .arguments = {{.name = "NAME",
                   .doc = "only these, and what they hang on",
                   .is_required = false,
                   .is_list = true}},
    .options = {},
    .run = plan,
});

}  // namespace quern::cli
