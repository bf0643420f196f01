// Everything that `plan` and `run` need to know before they begin.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quern/data/source_files.h"
#include "quern/flow/graph.h"
#include "quern/flow/plan.h"
#include "quern/flow/workspace.h"

namespace quern::flow {

struct Prepared {
    Graph graph;
    Standing standing;
    std::vector<Step> steps;
    std::vector<bool> wanted;       // by node; empty: all
    size_t asked_count = 0;         // nodes that were asked for, with what they hang on
    uint64_t source_bytes = 0;      // of all sources' files, as they lie on disk
    std::vector<std::string> gone;  // ids that are published but no longer in the project
};

struct PrepareRequest {
    std::vector<std::string> names;                // empty: all; "income" or "model:income"
    std::optional<std::set<std::string>> present;  // see Standing
    std::set<std::string> failed = {};             // sources that could not be asked
};
Result<Prepared> prepare(Workspace& workspace, const PrepareRequest& request);

// The plan alone, reading only: checks types as a run would.
Result<Prepared> plan_project(Workspace& workspace, const std::vector<std::string>& names);

// The files of a source with their hashes; files that did not change are not read again.
Result<std::vector<data::FileVersion>> files_of(Workspace& workspace,
                                                const project::Source& source);

}  // namespace quern::flow
