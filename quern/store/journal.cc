#include "quern/store/journal.h"

#include <unistd.h>

#include <array>

#include "quern/base/clock.h"

namespace quern::store {
namespace {

constexpr std::array<std::string_view, 6> kStateNames = {"running", "done",      "failed",
                                                         "skipped", "cancelled", "killed"};
constexpr std::string_view kNodeColumns =
    "select id, run, node, fingerprint, state, started_ms, finished_ms, row_count, message "
    "from node_runs ";

RunState state_of(const std::string& name) {
    for (size_t i = 0; i < kStateNames.size(); ++i) {
        if (kStateNames[i] == name) return static_cast<RunState>(i);
    }
    return RunState::failed;
}

std::vector<NodeRun> node_runs_of(const std::vector<Row>& rows) {
    std::vector<NodeRun> runs;
    for (const auto& row : rows) {
        runs.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3),
                        state_of(row.text(4)), row.integer(5), row.integer(6), row.integer(7),
                        row.text(8)});
    }
    return runs;
}

}  // namespace

std::string_view state_name(RunState state) { return kStateNames[static_cast<size_t>(state)]; }

Result<int64_t> Journal::begin_run(const NewRun& run) {
    const auto rows = TRY(database_.rows_soon(
        "insert into runs (command, engine, pid, state, started_ms) "
        "values (?, ?, ?, 'running', ?) returning id",
        {run.command, run.engine, static_cast<int64_t>(::getpid()), unix_ms_now()}));
    return rows[0].integer(0);
}

Status Journal::finish_run(int64_t run, RunState state, const std::string& message) {
    return database_.run("update runs set state = ?, finished_ms = ?, message = ? where id = ?",
                         {std::string(state_name(state)), unix_ms_now(), message, run});
}

Result<int64_t> Journal::begin_node(int64_t run, const std::string& node,
                                    const std::string& fingerprint) {
    const auto rows =
        TRY(database_.rows_soon("insert into node_runs (run, node, fingerprint, state, started_ms) "
                                "values (?, ?, ?, 'running', ?) returning id",
                                {run, node, fingerprint, unix_ms_now()}));
    return rows[0].integer(0);
}

Status Journal::skip_node(int64_t run, const std::string& node, const std::string& why) {
    const int64_t now = unix_ms_now();
    return database_.run(
        "insert into node_runs (run, node, fingerprint, state, started_ms, finished_ms, message) "
        "values (?, ?, '', 'skipped', ?, ?, ?)",
        {run, node, now, now, why});
}

Status Journal::finish_node(int64_t node_run, RunState state, int64_t row_count,
                            const std::string& message) {
    return database_.run(
        "update node_runs set state = ?, finished_ms = ?, row_count = ?, message = ? where id = ?",
        {std::string(state_name(state)), unix_ms_now(), row_count, message, node_run});
}

Result<std::optional<NodeRun>> Journal::last_of(const std::string& node) {
    const auto rows = TRY(database_.rows(
        std::string(kNodeColumns) + "where node = ? order by id desc limit 1", {node}));
    auto runs = node_runs_of(rows);
    return runs.empty() ? std::optional<NodeRun>() : std::optional(std::move(runs[0]));
}

Result<std::vector<NodeRun>> Journal::last_of_each() {
    return node_runs_of(TRY(database_.rows(
        std::string(kNodeColumns) + "where id in (select max(id) from node_runs group by node)")));
}

Result<std::vector<NodeRun>> Journal::of_run(int64_t run) {
    return node_runs_of(
        TRY(database_.rows(std::string(kNodeColumns) + "where run = ? order by id", {run})));
}

}  // namespace quern::store
