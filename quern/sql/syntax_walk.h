// The facts of a syntax tree as DuckDB writes it in JSON.
#pragma once

#include "quern/sql/statement.h"

namespace simdjson::dom {
class element;
}

namespace quern::sql {

// All of it but the normal text.
Syntax walk_syntax(const simdjson::dom::element& statement);

}  // namespace quern::sql
