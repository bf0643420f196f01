// Checks everything that will run before any of it runs: names, types, checks, features. No data
// is read but the first rows of source files that are new.
#pragma once

#include <map>
#include <string>

#include "quern/data/load.h"
#include "quern/flow/features.h"
#include "quern/flow/lookups.h"
#include "quern/flow/plan.h"
#include "quern/flow/workspace.h"

namespace quern::flow {

// What checking has found of the nodes to run, by node id, so that running need not find it again.
struct Typed {
    struct Model {
        ModelColumns columns;  // that its tables will have
        ModelFeatures features;
    };
    std::map<std::string, data::SourceShape> sources;
    std::map<std::string, Model> models;
};

// Looks at the sources ahead of check_types(), which then need not. What is wrong with one is told
// there.
void look_at_sources(Workspace& workspace, sql::SchemaCatalog& catalog);

// All faults of all nodes to run, each at its place. A node behind a faulty one is not looked at.
Result<Typed> check_types(Workspace& workspace, const Graph& graph, const std::vector<Step>& steps,
                          const Standing& standing);

// Facts of a published relation, kept as JSON beside it.
struct RelationFacts {
    frame::Schema columns;
    int64_t checks_passed = 0;
    std::vector<std::string> files = {};  // below the landing folder, that it reads
};
std::string facts_json(const RelationFacts& facts);
RelationFacts relation_facts(const std::string& json);

}  // namespace quern::flow
