// Which other tables the checks of a table read.
#pragma once

#include <string>
#include <vector>

#include "quern/flow/sql_facts.h"
#include "quern/project/project.h"

namespace quern::flow {

// Names as written. What cannot be read is left for the check itself to say.
std::vector<std::string> tables_of_checks(const project::Table& table, SqlFactsCache& facts);

}  // namespace quern::flow
