// `quern show`: the project, or one thing of it.

#include "apps/cli/show.h"

#include <algorithm>

#include "quern/base/clock.h"
#include "quern/base/json.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/flow/typing.h"
#include "quern/store/check_history.h"
#include "quern/store/models.h"
#include "quern/store/published.h"

#include "apps/cli/command.h"
#include "apps/cli/node_lines.h"
#include "apps/cli/output.h"
#include "apps/cli/workspace.h"

namespace quern::cli {
namespace {

struct Shown {
    std::string name, kind, message;
};

Result<std::string> relation_message(flow::Workspace& workspace, const std::string& id) {
    const auto published = TRY(store::Publications(*workspace.store).find(id));
    if (!published) return std::string("not built yet");
    const auto facts = flow::relation_facts(published->facts);
    return "v" + std::to_string(published->version) + ": " + plural(published->row_count, "row") +
           ", " + plural(static_cast<int64_t>(facts.columns.size()), "column") + ", " +
           age_words(published->published_ms);
}

Result<std::string> model_message(flow::Workspace& workspace, const std::string& name) {
    const auto champion = TRY(store::Models(*workspace.store).champion(name));
    if (!champion) return std::string("no champion yet");
    return "v" + std::to_string(champion->version) + " champion, " +
           age_words(champion->created_ms);
}

Result<std::vector<Shown>> overview(flow::Workspace& workspace) {
    std::vector<Shown> shown;
    for (const auto& source : workspace.project.sources) {
        const auto message = TRY(relation_message(workspace, "source:" + source.name));
        shown.push_back({source.name, "source", message});
    }
    for (const auto& table : workspace.project.tables) {
        const auto message = TRY(relation_message(workspace, "table:" + table.name));
        shown.push_back({table.name, "table", message});
    }
    for (const auto& model : workspace.project.models) {
        const auto message = TRY(model_message(workspace, model.name));
        shown.push_back({model.name, "model", message});
    }
    for (const auto& champion : TRY(store::Models(*workspace.store).champions())) {
        if (workspace.project.find_model(champion.model) != nullptr) continue;
        const auto message = TRY(model_message(workspace, champion.model));
        shown.push_back({champion.model, "model", message + ", imported"});
    }
    for (const auto& service : workspace.project.services) {
        shown.push_back({service.name, "service", service.model + "@" + service.alias});
    }
    return shown;
}

Result<int> show_project(flow::Workspace& workspace, bool is_json) {
    const auto shown = TRY(overview(workspace));
    const auto& project = workspace.project;
    if (is_json) {
        JsonWriter json(2);
        json.begin_object().field("name", project.name).field("folder", project.root);
        json.key("nodes").begin_array();
        for (const auto& one : shown) {
            json.begin_object().field("name", one.name).field("kind", one.kind);
            json.field("state", one.message).end_object();
        }
        TRY(print(json.end_array().end_object().take() + "\n"));
        return 0;
    }
    std::vector<flow::Node> nodes(shown.size());
    for (size_t i = 0; i < shown.size(); ++i) nodes[i].name = shown[i].name;
    const NodeLines lines(nodes);
    std::string text = project.name;
    if (!project.description.empty()) text += ": " + project.description;
    text += "\n";
    for (const auto& one : shown) text += lines.text({one.name, one.kind, one.message, ""});
    TRY(print(text));
    return 0;
}

std::string relation_json(const std::string& id, const store::Published& published,
                          const std::vector<store::CheckRecord>& checks) {
    JsonWriter json(2);
    json.begin_object().field("name", id.substr(id.find(':') + 1));
    json.field("kind", id.substr(0, id.find(':'))).field("version", published.version);
    json.field("rows", published.row_count).field("fingerprint", published.fingerprint);
    json.field("published", utc_text(published.published_ms));
    json.key("facts").raw(published.facts).key("checks").begin_array();
    for (const auto& check : checks) {
        json.begin_object().field("check", check.check).field("column", check.column);
        json.field("severity", check.severity).field("state", check.state);
        json.field("failing", check.failing_count).field("rows", check.row_count);
        json.field("example", check.message).end_object();
    }
    return json.end_array().end_object().take() + "\n";
}

Result<int> show_relation(flow::Workspace& workspace, const std::string& id,
                          const std::string& description, bool is_json) {
    const auto published = TRY(store::Publications(*workspace.store).find(id));
    const std::string name = id.substr(id.find(':') + 1);
    if (!published) {
        return not_found(name + " is not built yet").hint("build it: quern run " + name);
    }
    const auto checks = TRY(store::CheckHistory(*workspace.store).latest_of(id));
    if (is_json) {
        TRY(print(relation_json(id, *published, checks)));
        return 0;
    }
    const auto message = TRY(relation_message(workspace, id));
    std::string text = name + "  " + message + "\n";
    if (!description.empty()) text += "  " + description + "\n";
    for (const auto& column : flow::relation_facts(published->facts).columns) {
        text += "  " + column.name + "  " + column.type.text() + "\n";
    }
    if (!checks.empty()) text += "  checks:\n";
    for (const auto& check : checks) {
        text += "    " + check.state + "  " + check.check;
        if (check.failing_count > 0) text += ": " + plural(check.failing_count, "row");
        text += "\n";
    }
    if (published->held_fingerprint.empty()) {
        TRY(print(text));
        return 0;
    }
    TRY(print(text + "  held here: it was rolled back\n"));
    return 0;
}

std::string contract_text(const project::Contract& contract) {
    constexpr std::string_view kWords[] = {"allow", "impute", "error"};
    std::string text;
    for (const auto& [what, then] : {std::pair{"type", contract.type},
                                     {"null", contract.null},
                                     {"range", contract.range},
                                     {"category", contract.category}})
        text += (text.empty() ? "" : ", ") + std::string(what) + " " +
                std::string(kWords[static_cast<size_t>(then)]);
    return text;
}

Result<int> show_named(flow::Workspace& workspace, const Invocation& invocation,
                       const std::string& text) {
    const auto& project = workspace.project;
    const auto name = TRY(store::parse_model_name(text));
    if (project.find_model(name.model) != nullptr) {
        return show_model(workspace, name, invocation);
    }
    if (const auto* table = project.find_table(text)) {
        return show_relation(workspace, "table:" + table->name, table->description,
                             invocation.is_json);
    }
    if (const auto* source = project.find_source(text)) {
        return show_relation(workspace, "source:" + source->name, source->description,
                             invocation.is_json);
    }
    if (const auto* service = project.find_service(text)) {
        if (!invocation.is_json && !invocation.has("program")) {
            TRY(print(service->name + "  service of " + service->model + "@" + service->alias +
                      "; contract: " + contract_text(service->contract) + "\n"));
        }
        return show_model(workspace, {service->model, service->alias, 0}, invocation);
    }
    const auto champions = TRY(store::Models(*workspace.store).champions());
    if (std::ranges::count(champions, name.model, &store::ModelVersion::model) > 0)
        return show_model(workspace, name, invocation);
    std::vector<std::string_view> names;
    for (const auto& source : project.sources) names.push_back(source.name);
    for (const auto& table : project.tables) names.push_back(table.name);
    for (const auto& model : project.models) names.push_back(model.name);
    for (const auto& champion : champions)
        if (project.find_model(champion.model) == nullptr) names.push_back(champion.model);
    for (const auto& service : project.services) names.push_back(service.name);
    return unknown_name("source, table, model or service", text, names);
}

Result<int> show(const Invocation& invocation) {
    auto workspace = TRY(open_workspace(invocation));
    const std::string name = invocation.text("NAME");
    if (name.empty()) return show_project(workspace, invocation.is_json);
    return show_named(workspace, invocation, name);
}

}  // namespace

QUERN_REGISTER(Command)
({
    .name = "show",
    .summary = "Show the project, or one thing of it",
    .example = "quern show income",
    .arguments = {{.name = "NAME",
                   .doc = "a source, table, model (also income@2) or service",
                   .is_required = false}},
    .options = {{.name = "--program",
                 .value_name = "",
                 .doc = "of a model: each step from a row to its score"}},
    .run = show,
});

}  // namespace quern::cli
