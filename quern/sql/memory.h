// Memory that DuckDB keeps for its next query.
#pragma once

namespace quern::sql {

// Gives back to the system what DuckDB and the C library hold but do not use. Worth it before
// other long work; takes milliseconds.
void release_unused_memory();

}  // namespace quern::sql
