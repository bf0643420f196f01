// What a run would do, and why, in words.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quern/flow/node.h"
#include "quern/store/journal.h"
#include "quern/store/published.h"

namespace quern::flow {

enum class Action {
    none,     // up to date
    build,    // everything
    recheck,  // the data is there; only its checks or gates are new
    hold,     // rolled back by hand: stays so until its definition changes
};

struct Step {
    size_t node = 0;
    Action action = Action::none;
    std::string why;        // empty when up to date
    double seconds = 0;     // that it took last time; 0: never ran
    int64_t row_count = 0;  // last time
};

// What is there before the run.
struct Standing {
    std::map<std::string, store::Published> published;  // by node id
    std::map<std::string, store::NodeRun> last_runs;
    // Physical tables in the warehouse; nothing: the warehouse is as the last run left it.
    std::optional<std::set<std::string>> present;
    std::set<std::string> artifacts_lost;      // of models and look-ups; gone or damaged
    std::map<std::string, int64_t> champions;  // versions by model's name
};

// One step a node, in the graph's order. `wanted` (empty: all) are the nodes asked for; with what
// they hang on. The others get Action::none and no words.
std::vector<Step> plan_steps(const Graph& graph, const Standing& standing,
                             const std::vector<bool>& wanted);

size_t count_to_run(const std::vector<Step>& steps);

}  // namespace quern::flow
