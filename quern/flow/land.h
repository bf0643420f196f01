// Pulls the sources that lie in no file of the project, before anything is planned: from then on
// their rows are files like all others.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quern/data/landed_sql.h"
#include "quern/data/landing.h"
#include "quern/flow/workspace.h"

namespace quern::flow {

struct PullOptions {
    bool is_offline = false;                 // nothing is asked; what has landed counts
    bool reloads = false;                    // the named sources begin anew
    std::optional<data::CursorRange> range;  // of the named sources
};

// What came of it, by source. A source that failed keeps what it had.
struct Landing {
    Status fault;
    data::LandReport report;
};
using Landings = std::map<std::string, Landing>;

// `wanted`: names of sources; empty: all. Asks several at once.
Result<Landings> land_sources(Workspace& workspace, const std::set<std::string>& wanted,
                              const PullOptions& options, const std::atomic<bool>* cancel);

// The first rows of a source as they would be loaded; nothing is kept.
Result<frame::Batch> sample_source(Workspace& workspace, const project::Source& source,
                                   const std::atomic<bool>* cancel);

// Hash of what the batches of a source hold; of a source that never landed: of nothing.
Result<std::string> landed_data(store::Store& store, const project::Source& source);

// not_found before its first load.
Result<data::LandedRelation> landed_relation(store::Store& store, const project::Source& source);

// Forgets what is no longer in the project, and removes files that nothing reads any more.
Status sweep_landing(Workspace& workspace);

}  // namespace quern::flow
