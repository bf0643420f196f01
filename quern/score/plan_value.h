// Types and constants out of DuckDB's plan JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "quern/score/program.h"

namespace quern::score {

frame::Type plan_type(const nlohmann::json& type);
Result<Constant> plan_constant(const nlohmann::json& value);

}  // namespace quern::score
