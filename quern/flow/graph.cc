#include "quern/flow/graph.h"

#include <algorithm>
#include <map>
#include <set>

#include "quern/base/hash.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/base/version.h"
#include "quern/flow/check_tables.h"
#include "quern/flow/definition.h"
#include "quern/flow/lookups.h"
#include "quern/store/models.h"

namespace quern::flow {
namespace {

using project::Project;

// The place of a byte of a table's SQL with its variables filled in.
sql::PlaceOf place_of(const project::Table& table, const sql::ExpandedSql& sql) {
    return sql.place_with([&table](size_t offset) { return place_in_sql(table, offset).text(); });
}

class Builder {
public:
    Builder(const Project& project, SqlFactsCache& facts) : project_(project), facts_(facts) {}

    Result<Graph> build() {
        add_nodes();
        Status faults = expand_tables();
        if (!faults.ok()) return faults;
        for (size_t i = 0; i < nodes_.size(); ++i) faults.also(connect(i));
        if (!faults.ok()) return faults;
        TRY(sort());
        return std::move(graph_);
    }

private:
    void add(NodeKind kind, const std::string& name, size_t index) {
        Node node;
        node.kind = kind;
        node.name = name;
        node.index = index;
        auto& names = kind == NodeKind::service ? service_names_ : names_;
        names.emplace(lower_ascii(name), nodes_.size());
        nodes_.push_back(std::move(node));
    }

    void add_nodes() {
        for (size_t i = 0; i < project_.sources.size(); ++i) {
            add(NodeKind::source, project_.sources[i].name, i);
            nodes_.back().is_landed = project_.sources[i].origin.has_value();
        }
        for (size_t i = 0; i < project_.tables.size(); ++i) {
            add(NodeKind::table, project_.tables[i].name, i);
        }
        for (size_t i = 0; i < project_.models.size(); ++i) {
            add(NodeKind::model, project_.models[i].name, i);
            add_lookups(i);
        }
        for (size_t i = 0; i < project_.services.size(); ++i) {
            add(NodeKind::service, project_.services[i].name, i);
        }
    }

    // They stand after their model here, and are sorted before it: it has edges to them.
    void add_lookups(size_t model_index) {
        const auto& model = project_.models[model_index];
        const size_t model_position = nodes_.size() - 1;
        for (size_t i = 0; i < model.lookups.size(); ++i) {
            add(NodeKind::lookup, lookup_node_name(model, model.lookups[i]), model_index);
            nodes_.back().part = i;
            add_edge(model_position, nodes_.size() - 1);
        }
    }

    // Fills in the variables, and parses all tables at once.
    Status expand_tables() {
        Status faults;
        std::vector<sql::SqlText> texts;
        for (auto& node : nodes_) {
            if (node.kind != NodeKind::table) continue;
            const auto& table = project_.tables[node.index];
            const auto place = [&](size_t offset) { return place_in_sql(table, offset).text(); };
            auto expanded = sql::expand_variables(table.sql, project_.vars, place);
            if (!expanded.ok()) {
                faults.also(std::move(expanded).status());
                continue;
            }
            node.sql = *std::move(expanded);
            texts.push_back({node.sql.sql, place_of(table, node.sql)});
        }
        if (faults.ok()) faults = facts_.prepare(texts);
        return faults;
    }

    Status connect(size_t position) {
        Node& node = nodes_[position];
        switch (node.kind) {
            case NodeKind::source:
                return {};
            case NodeKind::table:
                return connect_table(position);
            case NodeKind::model: {
                const auto& from = project_.models[node.index].from;
                return use(position, from.text, "source or table", from.place.text());
            }
            case NodeKind::lookup: {
                const auto& table = project_.models[node.index].lookups[node.part].table;
                return use(position, table.text, "source or table", table.place.text());
            }
            case NodeKind::service: {
                const auto& service = project_.services[node.index];
                return use(position, service.model, "model", service.model_place.text());
            }
        }
        return {};
    }

    Status connect_table(size_t position) {
        const auto& table = project_.tables[nodes_[position].index];
        const auto place = place_of(table, nodes_[position].sql);
        const SqlFacts facts = TRY(facts_.facts_of(nodes_[position].sql.sql, place));
        Status faults;
        for (const auto& table_use : facts.tables) {
            faults.also(use_in_sql(position, table_use, place(table_use.offset)));
        }
        auto calls = find_model_calls(nodes_[position].sql.sql, facts.model_calls, place);
        if (!calls.ok()) return faults.also(std::move(calls).status());
        for (const auto& call : *calls) faults.also(use_model(position, call, place));
        if (!calls->empty() && table.materialize == project::Materialize::view) {
            faults.also(invalid_argument("a view cannot call a model")
                            .at(place((*calls)[0].begin))
                            .hint("write `materialize: table`: its rows are scored once a run"));
        }
        nodes_[position].model_calls = *std::move(calls);
        add_check_edges(position, table);
        return faults;
    }

    // A version that is written down never changes, so nothing hangs on it.
    Status use_model(size_t position, const ModelCall& call, const sql::PlaceOf& place) {
        const auto name = store::parse_model_name(call.model);
        if (!name.ok()) return Status(name.status()).at(place(call.model_offset));
        if (name->version > 0) return {};
        if (name->alias == store::kChampion) {
            return use(position, name->model, "model", place(call.model_offset));
        }
        return invalid_argument("a table can call a model's champion or a version of it")
            .at(place(call.model_offset))
            .hint("write '" + name->model + "' or '" + name->model + "@1'");
    }

    // What only a check reads must be there before it, but is no part of the table.
    void add_check_edges(size_t position, const project::Table& table) {
        auto& node = nodes_[position];
        for (const auto& name : tables_of_checks(table, facts_)) {
            const auto found = names_.find(lower_ascii(name));
            if (found == names_.end() || found->second == position) continue;
            if (std::ranges::find(node.inputs, found->second) != node.inputs.end()) continue;
            node.inputs.push_back(found->second);
            node.check_inputs.push_back(found->second);
        }
    }

    Status use_in_sql(size_t position, const sql::NameUse& table_use, const std::string& place) {
        const bool is_file = table_use.name.find('.') != std::string::npos ||
                             table_use.name.find('/') != std::string::npos;
        if (is_file && !names_.contains(lower_ascii(table_use.name))) {
            return invalid_argument("a table cannot read the file '" + table_use.name + "'")
                .at(place)
                .hint("declare it as a source, and write `from` the source's name");
        }
        if (!table_use.schema.empty() && lower_ascii(table_use.schema) != "main") {
            return invalid_argument("a table cannot read from schema `" + table_use.schema + "`")
                .at(place)
                .hint("names of sources and tables are used bare");
        }
        return use(position, table_use.name, "source or table", place);
    }

    Status use(size_t position, const std::string& name, std::string_view what,
               const std::string& place) {
        const bool wants_model = what == "model";
        const auto found = names_.find(lower_ascii(name));
        if (found != names_.end()) {
            const bool is_model = nodes_[found->second].kind == NodeKind::model;
            const bool is_lookup = nodes_[found->second].kind == NodeKind::lookup;
            if (is_model == wants_model && !is_lookup) {
                add_edge(position, found->second);
                return {};
            }
            return invalid_argument("'" + name + "' is a " +
                                    std::string(kind_name(nodes_[found->second].kind)) +
                                    ", not a " + std::string(what))
                .at(place);
        }
        std::vector<std::string_view> candidates;
        for (const auto& node : nodes_) {
            if (node.kind == NodeKind::service || node.kind == NodeKind::lookup) continue;
            if ((node.kind == NodeKind::model) == wants_model) candidates.push_back(node.name);
        }
        return unknown_name(what, name, candidates).at(place);
    }

    void add_edge(size_t position, size_t input) {
        auto& inputs = nodes_[position].inputs;
        if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
    }

    // Depth first, in the order of the lists, so that the order is the same every time.
    Status sort() {
        state_.assign(nodes_.size(), State::fresh);
        new_position_.assign(nodes_.size(), 0);
        for (size_t i = 0; i < nodes_.size(); ++i) TRY(visit(i));
        return {};
    }

    // An explicit stack: a chain of tables may be long.
    Status visit(size_t start) {
        std::vector<std::pair<size_t, size_t>> way = {{start, 0}};
        if (state_[start] == State::done) return {};
        state_[start] = State::open;
        while (!way.empty()) {
            auto& [position, next] = way.back();
            if (next == nodes_[position].inputs.size()) {
                finish(position);
                way.pop_back();
                continue;
            }
            const size_t input = nodes_[position].inputs[next++];
            if (state_[input] == State::open) return cycle(way, input);
            if (state_[input] == State::done) continue;
            state_[input] = State::open;
            way.emplace_back(input, 0);
        }
        return {};
    }

    void finish(size_t position) {
        state_[position] = State::done;
        new_position_[position] = graph_.nodes.size();
        Node node = nodes_[position];
        for (auto& input : node.inputs) input = new_position_[input];
        for (auto& input : node.check_inputs) input = new_position_[input];
        std::ranges::sort(node.inputs);
        graph_.nodes.push_back(std::move(node));
    }

    Status cycle(const std::vector<std::pair<size_t, size_t>>& way, size_t again) const {
        std::string text;
        bool is_inside = false;
        for (const auto& [position, next] : way) {
            is_inside = is_inside || position == again;
            if (is_inside) text += nodes_[position].name + " -> ";
        }
        const auto& table = project_.tables[nodes_[again].index];
        return invalid_argument("tables go round in a circle: " + text + nodes_[again].name)
            .at(table.sql_place.text())
            .hint("take one of these out of the circle");
    }

    enum class State { fresh, open, done };
    const Project& project_;
    SqlFactsCache& facts_;
    std::vector<Node> nodes_;
    std::map<std::string, size_t> names_, service_names_;  // by lower-case name
    std::vector<State> state_;
    std::vector<size_t> new_position_;
    Graph graph_;
};

std::string hash_of(const Parts& parts, std::string_view kind, bool with_checks) {
    Sha256 hash;
    hash.add_field(kind);
    hash.add_field(parts.engine);
    hash.add_field(parts.definition);
    hash.add_field(parts.settings);
    hash.add_field(parts.data);
    if (with_checks) hash.add_field(parts.checks);
    for (const auto& [id, content] : parts.inputs) {
        hash.add_field(id);
        hash.add_field(content);
    }
    return hash.hex();
}

// Which champion was chosen by hand, and not by the run that trained last; empty: none.
std::string champion_by_hand(const Standing& standing, const Node& model) {
    const auto published = standing.published.find(model.id());
    const auto champion = standing.champions.find(model.name);
    if (published == standing.published.end() || champion == standing.champions.end()) return "";
    const std::string version = std::to_string(champion->second);
    return version == published->second.physical ? "" : "@" + version;
}

// What a node reads of another: of a look-up how it is made, so that new data alone does not train
// the model again, unless the project says so.
std::string content_read(const Project& project, const Standing& standing, const Node& node,
                         const Node& read) {
    const bool is_called = node.kind == NodeKind::table && read.kind == NodeKind::model;
    if (is_called) return read.content + champion_by_hand(standing, read);
    if (read.kind != NodeKind::lookup) return read.content;
    const auto& lookup = project.models[node.index].lookups[read.part];
    return lookup.retrain ? read.content : read.recipe;
}

std::string recipe_of(const Graph& graph, const Node& node) {
    Parts parts = node.parts;
    parts.data.clear();
    for (const size_t input : node.inputs) {
        const auto found = parts.inputs.find(graph.nodes[input].id());
        if (found != parts.inputs.end()) found->second = graph.nodes[input].recipe;
    }
    return hash_of(parts, node.id(), false);
}

Status fill_parts(const Project& project, SqlFactsCache& facts, const DataVersion& data,
                  Node& node) {
    switch (node.kind) {
        case NodeKind::source: {
            const auto& source = project.sources[node.index];
            node.parts.definition = sha256_hex(definition_of(source));
            node.parts.data = TRY(data(source));
            return {};
        }
        case NodeKind::table: {
            const auto& table = project.tables[node.index];
            const SqlFacts known = TRY(facts.facts_of(node.sql.sql, {}));
            node.parts.definition = known.normal_hash;
            node.parts.settings = sha256_hex(settings_of(table));
            node.parts.checks = sha256_hex(checks_of(table));
            return {};
        }
        case NodeKind::model: {
            const auto& model = project.models[node.index];
            node.parts.definition = sha256_hex(definition_of(model));
            node.parts.checks = sha256_hex(gates_of(model));
            return {};
        }
        case NodeKind::lookup: {
            const auto& lookup = project.models[node.index].lookups[node.part];
            node.parts.definition = sha256_hex(definition_of(lookup));
            return {};
        }
        case NodeKind::service:
            node.parts.definition = sha256_hex(definition_of(project.services[node.index]));
            return {};
    }
    return {};
}

}  // namespace

Result<Graph> build_graph(const Project& project, SqlFactsCache& facts) {
    return Builder(project, facts).build();
}

std::string engine_text() {
    return "quern " + std::string(version()) + ", DuckDB " + sql::engine_version();
}

Status add_fingerprints(const Project& project, SqlFactsCache& facts, const DataVersion& data,
                        const Standing& standing, Graph& graph) {
    Status faults;
    const std::string engine = engine_text();
    for (auto& node : graph.nodes) {
        faults.also(fill_parts(project, facts, data, node));
        // A service holds nothing of the engine's own making.
        if (node.kind != NodeKind::service) node.parts.engine = engine;
        for (const size_t input : node.inputs) {
            const Node& read = graph.nodes[input];
            if (std::ranges::find(node.check_inputs, input) == node.check_inputs.end()) {
                node.parts.inputs.emplace(read.id(), content_read(project, standing, node, read));
            } else {
                node.parts.checks = sha256_hex(node.parts.checks + read.content);
            }
        }
        node.content = hash_of(node.parts, node.id(), false);
        node.recipe = recipe_of(graph, node);
        node.fingerprint = hash_of(node.parts, node.id(), true);
        const auto now = standing.published.find(node.id());
        if (now != standing.published.end() && now->second.held_fingerprint == node.fingerprint) {
            node.content = hash_of(parts_from_json(now->second.parts), node.id(), false);
        }
    }
    return faults;
}

}  // namespace quern::flow
