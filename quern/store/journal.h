// What ran, when, and how it ended: one row a run, one row a node of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quern/store/store.h"

namespace quern::store {

enum class RunState { running, done, failed, skipped, cancelled, killed };
std::string_view state_name(RunState state);

struct NodeRun {
    int64_t id = 0, run = 0;
    std::string node;  // kind:name
    std::string fingerprint;
    RunState state = RunState::running;
    int64_t started_ms = 0, finished_ms = 0;  // 0: not finished
    int64_t row_count = 0;
    std::string message;
};

class Journal {
public:
    explicit Journal(Store& store) : database_(store.database()) {}

    struct NewRun {
        std::string command, engine;
    };
    Result<int64_t> begin_run(const NewRun& run);
    Status finish_run(int64_t run, RunState state, const std::string& message);

    Result<int64_t> begin_node(int64_t run, const std::string& node,
                               const std::string& fingerprint);
    // A node that did not even begin.
    Status skip_node(int64_t run, const std::string& node, const std::string& why);
    Status finish_node(int64_t node_run, RunState state, int64_t row_count,
                       const std::string& message);

    Result<std::optional<NodeRun>> last_of(const std::string& node);
    Result<std::vector<NodeRun>> last_of_each();  // the latest of every node ever run
    Result<std::vector<NodeRun>> of_run(int64_t run);

private:
    Database& database_;
};

}  // namespace quern::store
