// DuckDB's own extensions: readers of other databases and of further file formats. Each is a file
// that comes with quern and is signed by DuckDB; none is ever fetched as quern runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "quern/sql/session.h"

namespace quern::sql {

// The names of all that come with quern.
std::span<const std::string_view> extension_names();

// The file of an extension: in a folder `extensions` beside the program or beside DuckDB's library,
// or beside the folder of either. not_found: it is not there.
Result<std::string> extension_file(std::string_view name);

// Makes an extension, and those it stands on, part of the session's database; once is enough, more
// is free. Only for databases in which no SQL of the user's runs: what an extension can reach, any
// query of that database can.
Status load_extension(Session& session, std::string_view name);

}  // namespace quern::sql
