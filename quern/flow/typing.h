// Checks everything that will run before any of it runs: names, types, checks, features. No data
// is read but the first rows of source files that are new.
#pragma once

#include <map>
#include <string>

#include "quern/data/load.h"
#include "quern/flow/plan.h"
#include "quern/flow/workspace.h"

namespace quern::flow {

// What the sources to load look like, by node id; found while checking, so that loading need not
// find it again.
using Shapes = std::map<std::string, data::SourceShape>;

// All faults of all nodes to run, each at its place. A node behind a faulty one is not looked at.
Result<Shapes> check_types(const project::Project& project, const Graph& graph,
                           const std::vector<Step>& steps, const Standing& standing);

// Facts of a published relation, kept as JSON beside it.
struct RelationFacts {
    frame::Schema columns;
    int64_t checks_passed = 0;
};
std::string facts_json(const RelationFacts& facts);
RelationFacts relation_facts(const std::string& json);

}  // namespace quern::flow
