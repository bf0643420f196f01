// Runs what a plan says: each node is built aside, checked, published and written to the journal.
// A failure leaves what was published in place and stops what hangs on it. Killed anywhere, the
// next run repeats no finished node and loses nothing.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "quern/flow/land.h"
#include "quern/flow/node.h"
#include "quern/flow/workspace.h"
#include "quern/store/journal.h"

namespace quern::flow {

struct NodeOutcome {
    std::string name;
    NodeKind kind = NodeKind::source;
    store::RunState state = store::RunState::done;
    std::string message;               // "32,537 rows, 8 checks passed"
    std::vector<std::string> details;  // lines below it
    int64_t row_count = 0;
    double seconds = 0;
    Status fault;  // why it could not be done; ok when it was, and when only a check failed
};

struct RunRequest {
    std::vector<std::string> names;                            // empty: everything
    const std::atomic<bool>* cancel = nullptr;                 // stops at the next good moment
    std::function<void(const NodeOutcome&)> on_finished = {};  // one call at a time
    PullOptions pull = {};
};

struct RunReport {
    std::vector<NodeOutcome> outcomes;            // of what was to run, in the order they ended
    std::vector<std::string> notes;               // of the run as a whole
    size_t node_count = 0, up_to_date_count = 0;  // of those asked for
    double seconds = 0;

    size_t count(store::RunState state) const;
    bool is_good() const { return count(store::RunState::done) == outcomes.size(); }
    // Of the nodes that could not be done, in one status; ok when only checks or gates failed.
    Status fault() const;
};

// Refused as a whole: a project with a fault that can be seen before running, and a second writer.
Result<RunReport> run_project(Workspace& workspace, const RunRequest& request);

}  // namespace quern::flow
