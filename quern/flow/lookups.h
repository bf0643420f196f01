// A model's look-ups, checked against the tables they read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "quern/project/project.h"
#include "quern/score/compile.h"

namespace quern::flow {

// The columns of a model's own table and of those that it looks up, in the order of its look-ups.
struct ModelColumns {
    frame::Schema from;
    std::vector<frame::Schema> lookups;
    bool operator==(const ModelColumns&) const = default;
};

// Names and types of keys and times; every fault at its place.
Status check_lookups(const project::Model& model, const ModelColumns& columns);
// As the compiler takes them; the look-ups have been checked.
std::vector<score::LookupSpec> lookup_specs(const project::Model& model,
                                            const ModelColumns& columns);
// A row of the model's table as its features see it: with a struct for each look-up.
frame::Schema row_columns(const project::Model& model, const ModelColumns& columns);
// Look-ups that no feature reads are refused.
Status check_all_read(const project::Model& model, const score::CompiledFeatures& features);

std::string lookup_node_name(const project::Model& model, const project::Lookup& lookup);

}  // namespace quern::flow
