#include "quern/flow/land.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "quern/base/hash.h"
#include "quern/base/threads.h"
#include "quern/flow/typing.h"
#include "quern/store/published.h"

namespace quern::flow {
namespace {

constexpr size_t kSourcesAtOnceMax = 4;
constexpr double kMemoryPart = 0.6;  // of what the process may use, for all pulls together

std::vector<const project::Source*> to_ask(const project::Project& project,
                                           const std::set<std::string>& wanted) {
    std::vector<const project::Source*> sources;
    for (const auto& source : project.sources) {
        if (!source.origin) continue;
        if (wanted.empty() || wanted.contains(source.name)) sources.push_back(&source);
    }
    return sources;
}

// All sources at once, each with its part of the memory.
project::Project with_memory_part(const project::Project& project, size_t part_count) {
    project::Project part = project;
    const auto all = static_cast<double>(available_memory_bytes()) * kMemoryPart;
    auto& memory = part.settings.memory_bytes;
    memory = (memory > 0 ? memory : static_cast<int64_t>(all)) / static_cast<int64_t>(part_count);
    return part;
}

}  // namespace

Result<Landings> land_sources(Workspace& workspace, const std::set<std::string>& wanted,
                              const PullOptions& options, const std::atomic<bool>* cancel) {
    Landings landings;
    const auto sources = to_ask(workspace.project, wanted);
    if (options.is_offline || sources.empty()) return landings;
    const size_t thread_count = std::min(kSourcesAtOnceMax, sources.size());
    const auto project = with_memory_part(workspace.project, thread_count);
    std::mutex mutex;
    size_t next = 0;
    const auto work = [&] {
        while (true) {
            std::unique_lock lock(mutex);
            if (next == sources.size() || (cancel != nullptr && cancel->load())) return;
            const auto& source = *sources[next++];
            lock.unlock();
            auto report = data::land_source({.store = *workspace.store,
                                             .project = project,
                                             .source = source,
                                             .reloads = options.reloads,
                                             .range = options.range,
                                             .cancel = cancel});
            lock.lock();
            auto& landing = landings[source.name];
            if (report.ok()) {
                landing.report = *std::move(report);
            } else {
                landing.fault = std::move(report).status();
            }
        }
    };
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < thread_count; ++i) threads.emplace_back(work);
    work();
    threads.clear();
    return landings;
}

Result<data::LandedRelation> landed_relation(store::Store& store, const project::Source& source) {
    store::Landed landed(store);
    const auto state = TRY(landed.find(source.name));
    if (!state || state->pulled_ms == 0) {
        return not_found("source '" + source.name + "' was never loaded")
            .at(source.place.text())
            .hint("`quern run` asks it for its rows");
    }
    return data::landed_relation(source, *state, TRY(landed.batches(source.name)));
}

Result<std::string> landed_data(store::Store& store, const project::Source& source) {
    store::Landed landed(store);
    const auto state = TRY(landed.find(source.name));
    if (!state) return sha256_hex("");
    return sha256_hex(state->columns + data::landed_version(TRY(landed.batches(source.name))));
}

Status sweep_landing(Workspace& workspace) {
    std::set<std::string> sources, files;
    for (const auto& source : workspace.project.sources)
        if (source.origin) sources.insert(source.name);
    for (const auto& published : TRY(store::Publications(*workspace.store).all())) {
        for (const auto& facts : {published.facts, published.previous_facts}) {
            for (auto& file : relation_facts(facts).files) files.insert(std::move(file));
        }
    }
    store::Landed landed(*workspace.store);
    TRY(landed.keep_only(sources));
    return landed.sweep(files);
}

}  // namespace quern::flow
