// Contributions of columns to the score of trees, for any processor.
#include "quern/score/models/tree_background_lanes.h"
#include "quern/score/models/tree_shap_pairs.h"

namespace quern::score {

extern const ShapKernel kShapPlain;
const ShapKernel kShapPlain{"plain", [] { return true; }, explain, interact, compare};

}  // namespace quern::score
