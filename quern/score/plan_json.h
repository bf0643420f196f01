// Looking into DuckDB's plan, where nothing need be there.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "quern/score/program.h"

namespace quern::score {

using nlohmann::json;

const json& member(const json& node, const char* key);     // null when it is absent
const json& list(const json& node, const char* key);       // empty when it is none
std::string_view text(const json& node, const char* key);  // empty when it is none
int64_t integer(const json& node, const char* key);        // 0 when it is none
uint32_t position_of(const json& node);                    // kNoPosition when unknown
const json& bound_type(const json& node);

// The names of the columns that BOUND_REF counts: of the scan, in the order it reads them.
Result<json> column_names(const json& projection);

}  // namespace quern::score
