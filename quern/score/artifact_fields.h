// The program's fields as JSON, one description for writing and reading.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "quern/score/program.h"

namespace quern::score {

using nlohmann::json;

json to_json(const frame::Type& type);
json to_json(const Constant& constant);
json to_json(const Input& input);
json to_json(const Expression& expression);
json to_json(const Lookup& lookup);

Status from_json(const json& from, frame::Type& out);
Status from_json(const json& from, Constant& out);
Status from_json(const json& from, Input& out);
Status from_json(const json& from, Expression& out);
Status from_json(const json& from, Lookup& out);

// Reads one member; corrupt when it is absent or of another type.
Status read(const json& from, const char* key, std::string& out);
Status read(const json& from, const char* key, bool& out);
Status read(const json& from, const char* key, double& out);
Status read(const json& from, const char* key, uint32_t& out);
Result<const json*> read_list(const json& from, const char* key, size_t size_max);
Result<std::vector<uint32_t>> read_positions(const json& from, const char* key, size_t size_max);
// An enum by the position of its name.
Result<size_t> read_choice(const json& from, const char* key,
                           std::span<const std::string_view> names);

}  // namespace quern::score
