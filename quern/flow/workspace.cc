#include "quern/flow/workspace.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "quern/base/clock.h"
#include "quern/base/fault.h"
#include "quern/base/file.h"
#include "quern/base/folder.h"
#include "quern/base/threads.h"
#include "quern/data/connector.h"
#include "quern/store/published.h"
#include "quern/transform/build.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

constexpr const char* kSealName = "warehouse_seal";
constexpr auto kBusyPoll = std::chrono::milliseconds(50);

// What identifies the file as it is now; empty when it is not there or was not closed in order.
std::string seal_of(const store::Layout& layout) {
    if (path_exists(layout.warehouse + ".wal")) return "";
    const auto facts = file_facts(layout.warehouse);
    if (!facts.ok()) return "";
    return std::to_string(facts->size_bytes) + ":" + std::to_string(facts->modified_ns);
}

sql::DatabaseSettings settings_of(const Workspace& workspace) {
    sql::DatabaseSettings settings;
    settings.path = workspace.store->layout().warehouse;
    settings.threads = workspace.project.settings.threads;
    settings.memory_bytes = static_cast<uint64_t>(workspace.project.settings.memory_bytes);
    settings.temp_folder = workspace.store->layout().temporary;
    settings.search_folder = workspace.store->layout().landing;
    return settings;
}

// Moves the file and its log out of the way; nothing is deleted.
Status put_aside(const std::string& path, std::vector<std::string>& notes, const std::string& why) {
    const std::string aside = path + ".damaged-" + std::to_string(unix_ms_now());
    TRY(rename_durable(path, aside));
    if (path_exists(path + ".wal")) TRY(rename_durable(path + ".wal", aside + ".wal"));
    notes.push_back("The warehouse was damaged and is built again; the damaged file is kept as " +
                    file_name(aside) + " (" + why + ")");
    return {};
}

Result<sql::Database> open_or_replace(const sql::DatabaseSettings& settings,
                                      std::vector<std::string>& notes) {
    const bool is_there = path_exists(settings.path);
    const bool has_log = path_exists(settings.path + ".wal");
    if (!is_there && has_log) {
        // DuckDB would replay the log of a file that is gone.
        TRY(rename_durable(settings.path + ".wal",
                           settings.path + ".damaged-" + std::to_string(unix_ms_now()) + ".wal"));
    }
    auto database = sql::Database::open(settings);
    if (database.ok() || !is_there || database.status().code() != Code::corrupt) return database;
    TRY(put_aside(settings.path, notes, std::string(database.status().message())));
    return sql::Database::open(settings);
}

}  // namespace

Result<Workspace> open_workspace(const std::string& folder) {
    Workspace workspace;
    workspace.project = TRY(project::load_project(folder));
    Status faults;
    for (const auto& source : workspace.project.sources)
        if (source.origin) faults.also(data::connecting(source).status());
    TRY(std::move(faults));
    workspace.store =
        TRY(store::Store::open(workspace.project.root, workspace.project.settings.store));
    return workspace;
}

Result<bool> is_sealed(store::Store& store) {
    const std::string seal = TRY(store.meta(kSealName));
    return !seal.empty() && seal == seal_of(store.layout());
}

Result<std::map<std::string, std::string>> published_relations(store::Store& store) {
    std::map<std::string, std::string> relations;
    for (const auto& published : TRY(store::Publications(store).all())) {
        const size_t colon = published.node.find(':');
        const std::string kind = published.node.substr(0, colon);
        if (kind != "source" && kind != "table") continue;
        relations.emplace(published.node.substr(colon + 1), published.physical);
    }
    return relations;
}

Result<Warehouse> Warehouse::open(Workspace& workspace, std::vector<std::string>& notes) {
    const bool was_sealed = TRY(is_sealed(*workspace.store));
    TRY(workspace.store->set_meta(kSealName, ""));
    auto settings = settings_of(workspace);
    settings.threads = 1;
    Warehouse warehouse(TRY(open_or_replace(settings, notes)));
    if (was_sealed) return warehouse;
    auto session = TRY(warehouse.connect());
    TRY(transform::make_schemas(session));
    // What is missing is built again by the run.
    const auto relations = TRY(published_relations(*workspace.store));
    warehouse.present_ = TRY(transform::reconcile(session, relations));
    return warehouse;
}

Result<Warehouse> Warehouse::open_for_reading(Workspace& workspace, double wait_seconds) {
    auto settings = settings_of(workspace);
    if (!path_exists(settings.path)) {
        return not_found("there is no data yet").hint("run `quern run` first");
    }
    settings.is_read_only = true;
    const double deadline = steady_seconds() + wait_seconds;
    while (true) {
        auto database = sql::Database::open(settings);
        if (database.ok()) return Warehouse(*std::move(database));
        const bool is_busy = database.status().code() == Code::unavailable;
        if (!is_busy || steady_seconds() >= deadline) return std::move(database).status();
        std::this_thread::sleep_for(kBusyPoll);
    }
}

// DuckDB deals out work in row groups of 122,880 rows, so a second thread has nothing to do in
// smaller tables but to cost memory, about 15 MB.
Status Warehouse::use_threads_for(uint64_t source_bytes, const project::Settings& settings) const {
    constexpr uint64_t kBytesPerThread = 16 << 20;
    const int64_t most = settings.threads > 0 ? settings.threads : available_threads();
    const auto useful = static_cast<int64_t>(1 + source_bytes / kBytesPerThread);
    auto session = TRY(connect());
    return session.execute("set threads = " + std::to_string(std::min(most, useful)));
}

Status Warehouse::close_and_seal(store::Store& store) {
    database_.reset();
    fault_point("warehouse_closed");
    const std::string seal = seal_of(store.layout());
    return seal.empty() ? Status() : store.set_meta(kSealName, seal);
}

}  // namespace quern::flow
