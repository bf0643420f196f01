// JSON of a model's file, as text or as UBJSON, with limits; and its fields, none of which can be
// trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "quern/base/status.h"

namespace quern::score {

using nlohmann::json;

constexpr int kJsonDepthMax = 64;

Result<json> parse_json(std::string_view text);
// https://ubjson.org, with the typed arrays that XGBoost writes.
Result<json> parse_ubjson(std::string_view bytes);

// corrupt, with the key, where it is not there or of another kind.
Result<const json*> field(const json& object, const char* key);
Result<std::string> text_field(const json& object, const char* key);
// Numbers and booleans; at most `size`, which is exact unless it is kAnySize.
Result<std::vector<double>> numbers_field(const json& object, const char* key, size_t size);
Result<std::vector<int64_t>> integers_field(const json& object, const char* key, size_t size);

}  // namespace quern::score
