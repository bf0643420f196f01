#include "quern/flow/prepare.h"

#include <algorithm>

#include "quern/base/folder.h"
#include "quern/base/hash.h"
#include "quern/base/nearest.h"
#include "quern/base/text.h"
#include "quern/flow/land.h"
#include "quern/flow/typing.h"
#include "quern/store/artifacts.h"
#include "quern/store/file_hashes.h"
#include "quern/store/models.h"
#include "quern/store/snapshots.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

// Hashed again only when the file is another than before.
bool is_whole(store::Store& store, const std::string& path, const std::string& artifact) {
    const auto facts = file_facts(path);
    if (!facts.ok()) return false;
    store::HashedFile file{facts->path, facts->size_bytes, facts->modified_ns, ""};
    store::FileHashes hashes(store);
    const auto known = hashes.find(file);
    if (known.ok() && *known == artifact) return true;
    auto hash = sha256_file(file.path);
    if (!hash.ok() || *hash != artifact) return false;
    file.sha256 = *std::move(hash);
    hashes.remember(file).ignore("it is hashed again the next time");
    return true;
}

Result<Standing> standing_of(store::Store& store) {
    Standing standing;
    for (auto& published : TRY(store::Publications(store).all())) {
        standing.published.emplace(published.node, std::move(published));
    }
    for (auto& run : TRY(store::Journal(store).last_of_each())) {
        standing.last_runs.emplace(run.node, std::move(run));
    }
    for (const auto& [id, published] : standing.published) {
        if (!id.starts_with("lookup:")) continue;
        const auto& hash = published.physical;
        if (is_whole(store, store::snapshot_path(store.layout(), hash), hash)) continue;
        standing.artifacts_lost.insert(id);
    }
    for (const auto& champion : TRY(store::Models(store).champions())) {
        standing.champions.emplace(champion.model, champion.version);
        const auto& hash = champion.artifact;
        if (is_whole(store, store::artifact_path(store.layout(), hash), hash)) continue;
        standing.artifacts_lost.insert("model:" + champion.model);
    }
    return standing;
}

Result<std::vector<bool>> wanted_nodes(const Graph& graph, const std::vector<std::string>& names) {
    std::vector<bool> wanted;
    if (names.empty()) return wanted;
    wanted.assign(graph.nodes.size(), false);
    for (const auto& name : names) {
        bool is_found = false;
        for (size_t i = 0; i < graph.nodes.size(); ++i) {
            const Node& node = graph.nodes[i];
            if (node.id() != name && lower_ascii(node.name) != lower_ascii(name)) continue;
            is_found = true;
            const auto upstream = graph.upstream_of(i);
            for (size_t j = 0; j < upstream.size(); ++j) wanted[j] = wanted[j] || upstream[j];
        }
        if (is_found) continue;
        std::vector<std::string_view> known;
        for (const auto& node : graph.nodes) known.push_back(node.name);
        return unknown_name("node", name, known);
    }
    return wanted;
}

// A source that could not be asked is told of as a node that failed.
void force_failed(const std::set<std::string>& failed, Prepared& prepared) {
    for (auto& step : prepared.steps) {
        const Node& node = prepared.graph.nodes[step.node];
        if (node.kind != NodeKind::source || !failed.contains(node.name)) continue;
        step.action = Action::build;
        step.why = "its source could not be asked";
    }
}

}  // namespace

Result<std::vector<data::FileVersion>> files_of(Workspace& workspace,
                                                const project::Source& source) {
    store::FileHashes hashes(*workspace.store);
    const auto known = [&](const data::FileVersion& file) -> std::string {
        auto found = hashes.find({file.path, file.size_bytes, file.modified_ns, ""});
        return found.ok() ? *std::move(found) : "";
    };
    auto files = TRY(data::source_version(workspace.project.root, source, known));
    for (const auto& file : files) {
        if (!known(file).empty()) continue;
        TRY(hashes.remember({file.path, file.size_bytes, file.modified_ns, file.sha256}));
    }
    return files;
}

Result<Prepared> prepare(Workspace& workspace, const PrepareRequest& request) {
    Prepared prepared;
    auto facts = TRY(SqlFactsCache::open(workspace.store.get(), workspace.catalog));
    prepared.graph = TRY(build_graph(workspace.project, facts));
    prepared.standing = TRY(standing_of(*workspace.store));
    prepared.standing.present = request.present;
    const auto data = [&](const project::Source& source) -> Result<std::string> {
        if (source.origin) return landed_data(*workspace.store, source);
        const auto files = TRY(files_of(workspace, source));
        for (const auto& file : files) prepared.source_bytes += file.size_bytes;
        return sha256_hex(data::version_text(files));
    };
    TRY(add_fingerprints(workspace.project, facts, data, prepared.standing, prepared.graph));
    TRY(facts.save());
    prepared.wanted = TRY(wanted_nodes(prepared.graph, request.names));
    const auto& wanted = prepared.wanted;
    prepared.steps = plan_steps(prepared.graph, prepared.standing, wanted);
    force_failed(request.failed, prepared);
    prepared.asked_count = wanted.empty() ? prepared.graph.nodes.size()
                                          : static_cast<size_t>(std::ranges::count(wanted, true));
    for (const auto& [id, published] : prepared.standing.published) {
        if (prepared.graph.find(id) == nullptr) prepared.gone.push_back(id);
    }
    return prepared;
}

Result<Prepared> plan_project(Workspace& workspace, const std::vector<std::string>& names) {
    PrepareRequest request{names, std::nullopt};
    if (!TRY(is_sealed(*workspace.store))) {
        auto warehouse = Warehouse::open_for_reading(workspace);
        if (warehouse.ok()) {
            auto session = TRY(warehouse->connect());
            request.present = TRY(transform::present(session));
        } else if (warehouse.status().code() != Code::unavailable) {
            request.present.emplace();  // damaged or not there: all of it is built
        }
    }
    auto prepared = TRY(prepare(workspace, request));
    TRY(check_types(workspace, prepared.graph, prepared.steps, prepared.standing));
    return prepared;
}

}  // namespace quern::flow
