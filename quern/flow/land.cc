#include "quern/flow/land.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "quern/base/clock.h"
#include "quern/base/hash.h"
#include "quern/base/text.h"
#include "quern/base/threads.h"
#include "quern/data/landed_columns.h"
#include "quern/flow/typing.h"
#include "quern/sql/session.h"
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

// How old the newest row is: by the cursor column if it is a time, else since the last new batch.
Result<int64_t> newest_ms(store::Store& store, const project::Source& source) {
    store::Landed landed(store);
    int64_t newest = 0;
    for (const auto& batch : TRY(landed.batches(source.name)))
        newest = std::max(newest, batch.landed_ms);
    const auto state = TRY(landed.find(source.name));
    if (!source.loading.cursor || !state || state->watermark.empty()) return newest;
    const auto columns = data::columns_from_json(state->columns);
    const int index = frame::column_index(columns, source.loading.cursor->column.text);
    if (index < 0 || !frame::is_temporal(columns[static_cast<size_t>(index)].type)) return newest;
    const auto database = TRY(sql::Database::open({.threads = 1}));
    auto session = TRY(database.connect());
    return session.query_int("select epoch_ms(" + quote_literal(state->watermark) +
                             "::timestamptz)");
}

Status check_fresh(store::Store& store, const project::Source& source, Landing& landing) {
    const auto& fresh = source.loading.fresh;
    if (!fresh) return {};
    const int64_t age_ms = unix_ms_now() - TRY(newest_ms(store, source));
    if (age_ms * 1000 <= fresh->within_us) return {};
    const std::string words =
        "the newest row is " + duration_text(static_cast<double>(age_ms / 1000)) +
        " old, more than the " + duration_text(static_cast<double>(fresh->within_us) / 1e6) +
        " that `fresh` allows";
    if (fresh->is_warning) {
        landing.report.notes.push_back("warning: " + words);
        return {};
    }
    return failed_precondition(words).at(fresh->place.text());
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
                landing.fault = check_fresh(*workspace.store, source, landing);
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

Result<frame::Batch> sample_source(Workspace& workspace, const project::Source& source,
                                   const std::atomic<bool>* cancel) {
    constexpr int64_t kRows = 10;
    if (!source.origin) {
        return invalid_argument("'" + source.name + "' is a file of the project")
            .at(source.place.text())
            .hint("look at it: quern run " + source.name + " && quern query 'from " + source.name +
                  " limit 10'");
    }
    return data::sample_source({.store = *workspace.store,
                                .project = workspace.project,
                                .source = source,
                                .cancel = cancel},
                               kRows);
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
    const auto batches = TRY(landed.batches(source.name));
    int64_t bad_count = 0;  // they are shown too
    for (const auto& batch : batches) {
        if (batch.kind == store::BatchKind::bad) bad_count += batch.row_count;
    }
    return sha256_hex(state->columns + data::landed_version(batches) + std::to_string(bad_count));
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
