// Reads LightGBM's text of a model: one that LightGBM has just trained in this process, or a file
// from anywhere. Indices are checked where the trees are bound (trees.h).
#pragma once

#include <map>
#include <string_view>

#include "quern/base/status.h"
#include "quern/score/models/trees.h"

namespace quern::score {

// Lines `key=value` up to an empty one; of the file's head: version, objective, feature_names.
using LightgbmBlock = std::map<std::string_view, std::string_view>;
LightgbmBlock lightgbm_head(std::string_view text);

// Trees with every threshold and leaf as LightGBM's own doubles. `raw_count` trees an iteration.
Result<Trees> read_lightgbm_trees(std::string_view text, uint32_t raw_count);

}  // namespace quern::score
