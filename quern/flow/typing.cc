#include "quern/flow/typing.h"

#include <set>

#include <nlohmann/json.hpp>

#include "quern/base/json.h"
#include "quern/base/text.h"
#include "quern/evaluate/gate.h"
#include "quern/flow/features.h"
#include "quern/flow/land.h"
#include "quern/quality/run.h"
#include "quern/sql/catalog.h"
#include "quern/train/load.h"

namespace quern::flow {
namespace {

// SQL does not tell cases apart, and so a table cannot hold both.
Status refuse_twins(const frame::Schema& columns) {
    std::set<std::string> names;
    for (const auto& column : columns) {
        if (names.insert(lower_ascii(column.name)).second) continue;
        return invalid_argument("the SELECT gives two columns named '" + column.name + "'")
            .hint("give one another name, such as " + quote_identifier(column.name + "_2"));
    }
    return {};
}

class Typing {
public:
    Typing(Workspace& workspace, const Graph& graph, const Standing& standing,
           sql::SchemaCatalog& catalog)
        : project_(workspace.project),
          store_(*workspace.store),
          looked_at_(workspace.looked_at),
          graph_(graph),
          standing_(standing),
          catalog_(catalog),
          is_typed_(graph.nodes.size()) {}

    Result<Typed> check(const std::vector<Step>& steps) {
        Status faults;
        for (const auto& step : steps) {
            const Node& node = graph_.nodes[step.node];
            bool is_ready = true;
            for (const size_t input : node.inputs) is_ready = is_ready && is_typed_[input];
            if (!is_ready) continue;
            const bool runs = step.action == Action::build || step.action == Action::recheck;
            const Status status = runs ? check_node(node) : add_known(node);
            is_typed_[step.node] = status.ok() && !unknown_.contains(step.node);
            faults.also(status);
        }
        if (!faults.ok()) return faults;
        return std::move(typed_);
    }

private:
    Status check_node(const Node& node) {
        switch (node.kind) {
            case NodeKind::source: {
                const auto& source = project_.sources[node.index];
                if (source.origin) return check_landed(node, source);
                auto shape = TRY(shape_of(source));
                TRY(add(node, shape.columns));
                typed_.sources.emplace(node.id(), std::move(shape));
                return {};
            }
            case NodeKind::table:
                return check_table(node);
            case NodeKind::model:
                return check_model(node);
            case NodeKind::lookup:  // with its model
            case NodeKind::service:
                return {};
        }
        return {};
    }

    // Before it landed for the first time nothing is known of it, nor of what reads it.
    Status check_landed(const Node& node, const project::Source& source) {
        auto relation = landed_relation(store_, source);
        if (relation.ok()) return add(node, relation->columns);
        unknown_.insert(static_cast<size_t>(&node - graph_.nodes.data()));
        return relation.status().code() == Code::not_found ? Status() : relation.status();
    }

    Result<data::SourceShape> shape_of(const project::Source& source) {
        auto known = looked_at_.extract(source.name);
        if (known) {
            const auto files = data::source_files(project_.root, source);
            if (files.ok() && *files == known.mapped().files) return known.mapped().shape;
        }
        return data::describe_source(catalog_.session(), project_.root, source);
    }

    Status check_table(const Node& node) {
        const auto& table = project_.tables[node.index];
        const auto place =
            node.sql.place_with([&](size_t offset) { return place_in_sql(table, offset).text(); });
        const auto without = TRY(without_models(node.sql.sql, node.model_calls, project_));
        const auto columns = TRY(catalog_.columns_of(without.sql, without.place_with(place)));
        if (Status twins = refuse_twins(columns); !twins.ok()) {
            return std::move(twins).at(place(0));
        }
        TRY(add(node, columns));
        for (const auto& name : table.key) {
            if (frame::column_index(columns, name.text) >= 0) continue;
            return not_found("the key names a column '" + name.text + "' that the table lacks")
                .at(name.place.text());
        }
        const quality::CheckTarget target{
            .table = node.name, .relation = quote_identifier(node.name), .schema = columns};
        return quality::validate_checks(table.checks, target);
    }

    Status check_model(const Node& node) {
        const auto& model = project_.models[node.index];
        const auto from = columns_.find(graph_.nodes[graph_.from_of(node)].id());
        if (from == columns_.end()) return {};
        ModelColumns columns{from->second, {}};
        for (const size_t lookup : graph_.lookups_of(node)) {
            const auto table = columns_.find(graph_.nodes[graph_.nodes[lookup].inputs[0]].id());
            if (table == columns_.end()) return {};
            columns.lookups.push_back(table->second);
        }
        Status faults;
        for (const auto& gate : model.gates) {
            auto parsed = evaluate::parse_gate(gate.text);
            if (!parsed.ok()) faults.also(std::move(parsed).status().at(gate.place.text()));
        }
        auto features = compile_model_features(catalog_, model, columns);
        if (features.ok()) {
            typed_.models.emplace(node.id(), Typed::Model{columns, *std::move(features)});
        } else {
            faults.also(std::move(features).status());
        }
        if (model.algorithm.name != "auto") {
            const auto* api = TRY(train::load_training());
            faults.also(api->check(model));
        }
        return faults;
    }

    // What did not change has the columns that it had.
    Status add_known(const Node& node) {
        if (node.kind != NodeKind::source && node.kind != NodeKind::table) return {};
        const auto published = standing_.published.find(node.id());
        if (published == standing_.published.end()) return {};
        return add(node, relation_facts(published->second.facts).columns);
    }

    Status add(const Node& node, const frame::Schema& columns) {
        columns_.emplace(node.id(), columns);
        return catalog_.add_table(node.name, columns);
    }

    const project::Project& project_;
    store::Store& store_;
    std::map<std::string, Workspace::LookedAt>& looked_at_;
    const Graph& graph_;
    const Standing& standing_;
    sql::SchemaCatalog& catalog_;
    std::vector<bool> is_typed_;
    std::set<size_t> unknown_;  // nodes without known columns, and without a fault
    Typed typed_;
    std::map<std::string, frame::Schema> columns_;
};

}  // namespace

void look_at_sources(Workspace& workspace, sql::SchemaCatalog& catalog) {
    for (const auto& source : workspace.project.sources) {
        if (source.origin) continue;
        auto files = data::source_files(workspace.project.root, source);
        if (!files.ok()) return;
        auto shape = data::describe_source(catalog.session(), workspace.project.root, source);
        if (!shape.ok()) return;
        workspace.looked_at.emplace(source.name,
                                    Workspace::LookedAt{*std::move(files), *std::move(shape)});
    }
}

Result<Typed> check_types(Workspace& workspace, const Graph& graph, const std::vector<Step>& steps,
                          const Standing& standing) {
    if (count_to_run(steps) == 0) return Typed();
    auto* catalog = TRY(workspace.catalog.get());
    return Typing(workspace, graph, standing, *catalog).check(steps);
}

std::string facts_json(const RelationFacts& facts) {
    JsonWriter json;
    json.begin_object().field("checks_passed", facts.checks_passed);
    json.key("columns").begin_array();
    for (const auto& column : facts.columns) {
        json.begin_object().field("name", column.name).field("type", column.type.text());
        json.end_object();
    }
    json.end_array();
    if (!facts.files.empty()) json.list("files", facts.files);
    return json.end_object().take();
}

RelationFacts relation_facts(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    RelationFacts facts;
    if (!json.is_object() || !json.contains("columns")) return facts;
    facts.checks_passed = json.value("checks_passed", int64_t{0});
    for (const auto& column : json["columns"]) {
        facts.columns.push_back({column.value("name", std::string()),
                                 frame::type_from_sql(column.value("type", std::string()))});
    }
    facts.files = json.value("files", std::vector<std::string>());
    return facts;
}

}  // namespace quern::flow
