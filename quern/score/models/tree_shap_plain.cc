// Contributions of columns to the score of trees, for any processor.
#include "quern/score/models/tree_shap_lanes.h"

namespace quern::score {

extern const ShapKernel kShapPlain;
const ShapKernel kShapPlain{"plain", [] { return true; }, explain};

}  // namespace quern::score
