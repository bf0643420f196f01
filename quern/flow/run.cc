#include "quern/flow/run.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "quern/base/clock.h"
#include "quern/base/fault.h"
#include "quern/base/text.h"
#include "quern/base/threads.h"
#include "quern/flow/typing.h"
#include "quern/flow/work.h"
#include "quern/score/artifact.h"
#include "quern/sql/memory.h"
#include "quern/store/artifacts.h"
#include "quern/store/models.h"
#include "quern/store/published.h"
#include "quern/store/snapshots.h"
#include "quern/train/load.h"
#include "quern/transform/build.h"
#include "quern/transform/physical.h"
#include "quern/transform/publish.h"

namespace quern::flow {
namespace {

using store::RunState;

constexpr int kNodesAtOnceMax = 8;
constexpr auto kCancelPoll = std::chrono::milliseconds(50);

bool is_data(NodeKind kind) { return kind == NodeKind::source || kind == NodeKind::table; }

// Does the nodes of a run on a few threads, each as soon as what it reads is done.
class Runner {
public:
    Runner(RunContext& context, const Warehouse& warehouse, const RunRequest& request,
           RunReport& report)
        : context_(context), warehouse_(warehouse), request_(request), report_(report) {
        for (const auto& step : context.prepared.steps) {
            const bool runs = step.action == Action::build || step.action == Action::recheck;
            states_.push_back(runs ? State::waiting : State::done);
        }
    }

    Status run() {
        const auto to_run = static_cast<int>(count_to_run(context_.prepared.steps));
        const int count = std::clamp(std::min(context_.threads, to_run), 1, kNodesAtOnceMax);
        sessions_.resize(static_cast<size_t>(count));
        for (auto& session : sessions_) {
            session = std::make_unique<sql::Session>(TRY(warehouse_.connect()));
        }
        std::vector<std::thread> threads;
        for (size_t i = 0; i < sessions_.size(); ++i) threads.emplace_back([this, i] { work(i); });
        watch_for_cancel();
        for (auto& thread : threads) thread.join();
        sessions_.clear();
        return fault_;
    }

private:
    enum class State { waiting, running, done, failed };

    // Until all is done; interrupts what runs once the user wants to stop.
    void watch_for_cancel() {
        std::unique_lock lock(mutex_);
        while (!is_over()) {
            if (is_cancelled()) {
                for (auto& session : sessions_) session->interrupt();
            }
            changed_.wait_for(lock, kCancelPoll);
        }
    }

    bool is_cancelled() const { return request_.cancel != nullptr && request_.cancel->load(); }

    bool is_over() const {
        return std::ranges::none_of(states_, [](State state) {
            return state == State::waiting || state == State::running;
        });
    }

    void work(size_t worker) {
        std::unique_lock lock(mutex_);
        while (!is_over()) {
            const auto next = take_next();
            if (!next) {
                changed_.wait(lock);
                continue;
            }
            lock.unlock();
            auto outcome = do_node(context_.prepared.steps[*next], *sessions_[worker]);
            lock.lock();
            finish(*next, std::move(outcome));
            changed_.notify_all();
        }
        changed_.notify_all();
    }

    // The first node that is ready; skips those that cannot become ready any more.
    std::optional<size_t> take_next() {
        for (size_t i = 0; i < states_.size(); ++i) {
            if (states_[i] != State::waiting) continue;
            bool is_ready = true;
            for (const size_t input : node(i).inputs) {
                if (states_[input] == State::failed) {
                    skip(i, is_cancelled() ? "the run was stopped"
                                           : node(input).name + " did not pass");
                    is_ready = false;
                    break;
                }
                is_ready = is_ready && states_[input] == State::done;
            }
            if (!is_ready) continue;
            if (is_cancelled()) {
                skip(i, "the run was stopped");
                continue;
            }
            // A training uses every thread by itself.
            if (node(i).kind == NodeKind::model && is_training_) continue;
            is_training_ = is_training_ || node(i).kind == NodeKind::model;
            states_[i] = State::running;
            return i;
        }
        return {};
    }

    const Node& node(size_t i) const { return context_.prepared.graph.nodes[i]; }

    void skip(size_t i, const std::string& why) {
        states_[i] = State::failed;
        NodeOutcome outcome;
        outcome.state = RunState::skipped;
        outcome.message = "skipped: " + why;
        const Status status =
            store::Journal(context_.store()).skip_node(context_.run, node(i).id(), outcome.message);
        if (!status.ok() && fault_.ok()) fault_ = status;
        tell(i, std::move(outcome));
        changed_.notify_all();
    }

    void finish(size_t i, NodeOutcome outcome) {
        if (node(i).kind == NodeKind::model) is_training_ = false;
        states_[i] = outcome.state == RunState::done ? State::done : State::failed;
        tell(i, std::move(outcome));
    }

    void tell(size_t i, NodeOutcome outcome) {
        outcome.name = node(i).name;
        outcome.kind = node(i).kind;
        if (request_.on_finished) request_.on_finished(outcome);
        report_.outcomes.push_back(std::move(outcome));
    }

    NodeOutcome do_node(const Step& step, sql::Session& session) {
        const Node& done = context_.node(step);
        const double start = steady_seconds();
        store::Journal journal(context_.store());
        const auto row = journal.begin_node(context_.run, done.id(), done.fingerprint);
        if (!row.ok()) return failed(row.status(), start);
        fault_point("node_begun");
        auto work = do_work(step, session);
        sql::release_unused_memory();  // the peaks of nodes shall not add up
        Status status = work.status();
        if (status.ok()) {
            work->outcome.seconds = steady_seconds() - start;
            status = publish(step, *row, *work, session);
        }
        if (status.ok()) return std::move(work->outcome);
        NodeOutcome outcome = failed(status, start);
        journal.finish_node(*row, outcome.state, 0, std::string(status.message()))
            .ignore("the node's own fault is told");
        return outcome;
    }

    static NodeOutcome failed(const Status& status, double start) {
        NodeOutcome outcome;
        const bool is_cancelled = status.code() == Code::cancelled;
        outcome.state = is_cancelled ? RunState::cancelled : RunState::failed;
        outcome.message = is_cancelled ? "stopped" : "FAILED: " + std::string(status.message());
        outcome.fault = status;
        outcome.seconds = steady_seconds() - start;
        return outcome;
    }

    Result<Work> do_work(const Step& step, sql::Session& session) {
        switch (context_.node(step).kind) {
            case NodeKind::source: {
                const auto& source = context_.workspace.project.sources[context_.node(step).index];
                return source.origin ? land_node(context_, step, session)
                                     : load_node(context_, step, session);
            }
            case NodeKind::table:
                return build_node(context_, step, session);
            case NodeKind::model:
                return train_node(context_, step, session);
            case NodeKind::lookup:
                return snapshot_node(context_, step, session);
            case NodeKind::service:
                return serve_node(context_, step);
        }
        return internal("a node of no kind");
    }

    // First the views, then the journal: a kill between the two leaves data that passed its checks
    // in view, and the next run does this node again under the same names.
    Status publish(const Step& step, int64_t row, Work& work, sql::Session& session) {
        const Node& done = context_.node(step);
        if (work.is_published && is_data(done.kind)) {
            fault_point("publish");
            TRY(transform::publish(session, {{done.name, work.physical}}));
            fault_point("published");
        }
        const auto record = [&]() -> Status {
            if (work.record) TRY(work.record());
            if (work.is_published) {
                store::Published next;
                next.node = done.id();
                next.fingerprint = done.fingerprint;
                next.parts = parts_json(done.parts);
                next.physical = work.physical;
                next.row_count = work.outcome.row_count;
                next.facts = work.facts;
                next.seconds = work.outcome.seconds;
                TRY(store::Publications(context_.store()).publish(next));
            }
            return store::Journal(context_.store())
                .finish_node(row, work.outcome.state, work.outcome.row_count, work.outcome.message);
        };
        TRY(context_.store().database().transaction(record));
        fault_point("journaled");
        return {};
    }

    RunContext& context_;
    const Warehouse& warehouse_;
    const RunRequest& request_;
    RunReport& report_;
    std::vector<std::unique_ptr<sql::Session>> sessions_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<State> states_;  // guarded by mutex_, as all below
    bool is_training_ = false;
    Status fault_;
};

std::vector<std::string> physical_of(const Prepared& prepared) {
    std::vector<std::string> physical;
    for (const auto& step : prepared.steps) {
        const Node& node = prepared.graph.nodes[step.node];
        const auto now = prepared.standing.published.find(node.id());
        const bool is_kept = step.action == Action::none || step.action == Action::hold;
        physical.push_back(is_kept && now != prepared.standing.published.end()
                               ? now->second.physical
                               : transform::physical_name(node.name, node.content));
    }
    return physical;
}

// What is no longer in the project goes out of sight; what nobody shows any more is dropped.
Status sweep(Workspace& workspace, const Prepared& prepared, sql::Session& session,
             std::vector<std::string>& notes) {
    store::Publications publications(*workspace.store);
    for (const auto& id : prepared.gone) {
        TRY(publications.remove(id));
        notes.push_back(id.substr(id.find(':') + 1) + " is no longer in the project");
    }
    transform::Kept kept;
    kept.views = TRY(published_relations(*workspace.store));
    for (const auto& published : TRY(publications.all())) {
        kept.physical.insert(published.physical);
        if (published.previous_version > 0) kept.physical.insert(published.previous_physical);
    }
    // A table that never passed has failing rows to look at, too.
    for (const auto& node : prepared.graph.nodes) kept.names.insert(node.name);
    return transform::sweep(session, kept);
}

// Snapshots that are shown or were shown before, and those that served versions were trained with.
Status sweep_snapshots(Workspace& workspace) {
    std::set<std::string> kept;
    for (const auto& published : TRY(store::Publications(*workspace.store).all())) {
        if (!published.node.starts_with("lookup:")) continue;
        kept.insert(published.physical);
        kept.insert(published.previous_physical);
    }
    store::Models models(*workspace.store);
    for (const auto& model : workspace.project.models) {
        if (model.lookups.empty()) continue;
        for (const auto& version : TRY(models.versions_of(model.name))) {
            if (version.aliases.empty()) continue;
            const auto path = store::artifact_path(workspace.store->layout(), version.artifact);
            const auto program = score::read_artifact_file(path);
            if (!program.ok()) return {};  // nothing is removed while it is not known what counts
            for (const auto& lookup : program->lookups) kept.insert(lookup.snapshot);
        }
    }
    return store::Snapshots(*workspace.store).keep_only(kept);
}

// Snapshots that were found to be of the newest data.
Status note_snapshots(Workspace& workspace, const Prepared& prepared) {
    store::Snapshots snapshots(*workspace.store);
    for (const auto& node : prepared.graph.nodes) {
        if (node.kind != NodeKind::lookup) continue;
        const auto published = prepared.standing.published.find(node.id());
        if (published == prepared.standing.published.end()) continue;
        if (published->second.fingerprint != node.fingerprint) continue;
        TRY(snapshots.set_checked(published->second.physical, unix_ms_now()));
    }
    return {};
}

Result<bool> is_nothing_published(store::Store& store) {
    return TRY(store::Publications(store).all()).empty();
}

std::string summary_of(const RunReport& report) {
    return std::to_string(report.count(RunState::done)) + " of " +
           std::to_string(report.outcomes.size()) + " done";
}

Status do_run(Workspace& workspace, const Prepared& prepared, const Typed& typed,
              const Landings& landings, const Warehouse& warehouse, const RunRequest& request,
              RunReport& report) {
    TRY(warehouse.use_threads_for(prepared.source_bytes, workspace.project.settings));
    auto session = TRY(warehouse.connect());
    TRY(transform::make_schemas(session));
    store::Journal journal(*workspace.store);
    RunContext context{workspace, prepared, physical_of(prepared), typed, landings};
    const auto& settings = workspace.project.settings;
    context.threads =
        settings.threads > 0 ? static_cast<int>(settings.threads) : available_threads();
    context.cancel = request.cancel;
    context.run = TRY(journal.begin_run({.command = "run", .engine = engine_text()}));
    const Status status = Runner(context, warehouse, request, report).run();
    TRY(sweep(workspace, prepared, session, report.notes));
    const bool has_snapshots = std::ranges::any_of(prepared.steps, [&](const Step& step) {
        return step.action == Action::build && context.node(step).kind == NodeKind::lookup;
    });
    if (has_snapshots) TRY(sweep_snapshots(workspace));
    const RunState state = !status.ok() || !report.is_good() ? RunState::failed : RunState::done;
    TRY(journal.finish_run(context.run, state, summary_of(report)));
    return status;
}

// What is to be said of sources that bring nothing new, and so have no line of their own.
void note_landings(const Prepared& prepared, const Landings& landings,
                   std::vector<std::string>& notes) {
    for (const auto& step : prepared.steps) {
        const Node& node = prepared.graph.nodes[step.node];
        const auto landing = landings.find(node.name);
        const bool has_line = step.action == Action::build || node.kind != NodeKind::source;
        if (has_line || landing == landings.end()) continue;
        for (const auto& note : landing->second.report.notes)
            notes.push_back(node.name + ": " + note);
    }
}

// Asks the sources that the wanted nodes hang on.
Result<Landings> land(Workspace& workspace, const PrepareRequest& prepare_request,
                      const RunRequest& request) {
    const auto& sources = workspace.project.sources;
    if (std::ranges::none_of(sources, [](const auto& source) { return source.origin.has_value(); }))
        return Landings();
    std::set<std::string> wanted;
    if (!request.names.empty()) {
        const auto prepared = TRY(prepare(workspace, prepare_request));
        for (size_t i = 0; i < prepared.wanted.size(); ++i) {
            const Node& node = prepared.graph.nodes[i];
            if (prepared.wanted[i] && node.kind == NodeKind::source) wanted.insert(node.name);
        }
        if (wanted.empty()) return Landings();
    }
    return land_sources(workspace, wanted, request.pull, request.cancel);
}

}  // namespace

size_t RunReport::count(RunState state) const {
    return static_cast<size_t>(std::ranges::count(outcomes, state, &NodeOutcome::state));
}

Status RunReport::fault() const {
    Status all;
    for (const auto& outcome : outcomes) {
        if (!outcome.fault.ok()) all.also(outcome.fault);
    }
    return all;
}

Result<RunReport> run_project(Workspace& workspace, const RunRequest& request) {
    const double start = steady_seconds();
    RunReport report;
    const auto lock = TRY(workspace.store->lock_writer());
    std::optional<Warehouse> warehouse;
    PrepareRequest prepare_request{request.names, std::nullopt};
    std::jthread loads_trainer;
    if (!TRY(is_sealed(*workspace.store))) {
        // There is work to do, so what takes long to open is opened side by side.
        if (!workspace.project.models.empty()) {
            loads_trainer = std::jthread(
                [] { train::load_training().status().ignore("the first training says why"); });
        }
        // In the very first run the sources are looked at, too.
        const bool is_first = request.names.empty() && TRY(is_nothing_published(*workspace.store));
        const std::jthread opens_catalog([&workspace, is_first] {
            const auto catalog = workspace.catalog.get();
            if (catalog.ok() && is_first) look_at_sources(workspace, **catalog);
        });
        warehouse = TRY(Warehouse::open(workspace, report.notes));
        prepare_request.present = warehouse->present();
    }
    const auto landings = TRY(land(workspace, prepare_request, request));
    for (const auto& [name, landing] : landings)
        if (!landing.fault.ok()) prepare_request.failed.insert(name);
    const auto prepared = TRY(prepare(workspace, prepare_request));
    const auto typed =
        TRY(check_types(workspace, prepared.graph, prepared.steps, prepared.standing));
    workspace.catalog.close();
    TRY(note_snapshots(workspace, prepared));
    note_landings(prepared, landings, report.notes);
    report.node_count = prepared.asked_count;
    const bool has_work = count_to_run(prepared.steps) > 0 || !prepared.gone.empty();
    Status status;
    if (has_work) {
        if (!warehouse) warehouse = TRY(Warehouse::open(workspace, report.notes));
        status = do_run(workspace, prepared, typed, landings, *warehouse, request, report);
    }
    if (warehouse) TRY(warehouse->close_and_seal(*workspace.store));
    if (has_work && (!landings.empty() || !prepared.gone.empty())) TRY(sweep_landing(workspace));
    if (!status.ok()) return status;
    report.up_to_date_count = report.node_count - report.outcomes.size();
    report.seconds = steady_seconds() - start;
    return report;
}

}  // namespace quern::flow
