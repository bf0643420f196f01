// The rules of a time zone, read off DuckDB itself: a scorer that carries them has DuckDB's own
// instants, whatever the machine it runs on knows of zones.
#pragma once

#include <string>
#include <string_view>

#include "quern/sql/session.h"

namespace quern::sql {

// As score/time_zone.h reads them. not_found: DuckDB knows no zone of that name.
Result<std::string> time_zone_rules(Session& session, std::string_view name);

}  // namespace quern::sql
