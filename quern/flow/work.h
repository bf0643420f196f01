// What a run does for one node.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "quern/flow/land.h"
#include "quern/flow/prepare.h"
#include "quern/flow/run.h"
#include "quern/flow/typing.h"

namespace quern::flow {

// What all nodes of a run share; it does not change while they run.
struct RunContext {
    Workspace& workspace;
    const Prepared& prepared;
    // Where the data of each source and table lies or will lie, by position in the graph.
    std::vector<std::string> physical;
    const Typed& typed;
    const Landings& landings;
    int64_t run = 0;
    int threads = 1;
    const std::atomic<bool>* cancel = nullptr;

    store::Store& store() const { return *workspace.store; }
    const Node& node(const Step& step) const { return prepared.graph.nodes[step.node]; }
};

// What is to be written down of a node that was done, in one transaction with its journal row.
struct Work {
    NodeOutcome outcome;
    std::string physical;      // as store::Published keeps it
    std::string facts = "{}";  // JSON
    bool is_published = true;  // false: a check or gate failed, nothing new is shown
    // More to write in the same transaction; may be empty.
    std::function<Status()> record = {};
};

Result<Work> land_node(const RunContext& context, const Step& step, sql::Session& session);
Result<Work> load_node(const RunContext& context, const Step& step, sql::Session& session);
Result<Work> build_node(const RunContext& context, const Step& step, sql::Session& session);
Result<Work> train_node(const RunContext& context, const Step& step, sql::Session& session);
Result<Work> snapshot_node(const RunContext& context, const Step& step, sql::Session& session);
Result<Work> serve_node(const RunContext& context, const Step& step);

}  // namespace quern::flow
