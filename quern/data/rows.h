// Short answers of DuckDB as text, for facts about files.
#pragma once

#include <string>
#include <vector>

#include "quern/sql/session.h"

namespace quern::data {

// NULL is the empty text.
using TextRows = std::vector<std::vector<std::string>>;
Result<TextRows> text_rows(sql::Session& session, const std::string& query);

}  // namespace quern::data
