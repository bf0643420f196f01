// What the user declared, in one form: equal for equal meaning, whatever the spelling. Descriptions
// and places are no part of it.
#pragma once

#include <string>

#include "quern/project/project.h"

namespace quern::flow {

std::string definition_of(const project::Source& source);
std::string settings_of(const project::Table& table);  // all but its SQL and its checks
std::string definition_of(const project::Model& model);
std::string definition_of(const project::Lookup& lookup);  // of its snapshot
std::string definition_of(const project::Service& service);

std::string checks_of(const project::Table& table);
std::string gates_of(const project::Model& model);

}  // namespace quern::flow
