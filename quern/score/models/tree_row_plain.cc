// The row kernel for any processor.
#include "quern/score/models/tree_row.h"

namespace quern::score {

extern const RowKernel kRowPlain;
const RowKernel kRowPlain{"plain", [] { return true; }, score_each_row<RowWalk>};

}  // namespace quern::score
