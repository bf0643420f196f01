// Back to what was published before.
#pragma once

#include <string>

#include "quern/flow/workspace.h"

namespace quern::flow {

struct RolledBack {
    std::string kind;  // model, source or table
    int64_t version = 0, from_version = 0;
};

// A model's champion, or the rows that a source or table shows, go back to the version before. A
// run leaves it there until the node itself changes; rolling back again undoes it.
Result<RolledBack> roll_back(Workspace& workspace, const std::string& name);

}  // namespace quern::flow
