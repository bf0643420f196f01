// Reads LightGBM's text of a model that LightGBM has just trained in this process. Files from
// anywhere else never come here.
#pragma once

#include <string_view>

#include "quern/base/status.h"
#include "quern/score/models/trees.h"

namespace quern::train {

// Trees with every threshold and leaf as LightGBM's own doubles. `raw_count` trees an iteration.
Result<score::Trees> read_lightgbm_text(std::string_view text, uint32_t raw_count);

}  // namespace quern::train
