// From a project to its graph, with a fingerprint for each node.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "quern/flow/plan.h"
#include "quern/flow/sql_facts.h"

namespace quern::flow {

// The content of a source's files as one text, see data/source_files.h.
using DataVersion = std::function<Result<std::string>(const project::Source&)>;

// Nodes, edges and order. Refuses, each at its place: names that nobody has, SQL that does not
// parse, tables and models that hang on themselves (the message prints the way round), and reading
// files past the sources.
Result<Graph> build_graph(const project::Project& project, SqlFactsCache& facts);

// Fills in parts and fingerprints. What hangs on a node that was rolled back by hand sees the
// content that is published, and a table that calls a model sees which version is champion.
Status add_fingerprints(const project::Project& project, SqlFactsCache& facts,
                        const DataVersion& data, const Standing& standing, Graph& graph);

std::string engine_text();  // versions that may change a result

}  // namespace quern::flow
