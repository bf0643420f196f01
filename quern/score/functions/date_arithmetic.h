// + - * / where a date, time, timestamp or interval takes part.
#pragma once

#include "quern/score/function.h"

namespace quern::score {

// Each gives null where the types are no such sum, difference, product or quotient.
Kernel moment_sum(const Signature& signature);
Kernel moment_difference(const Signature& signature);
Kernel interval_product(const Signature& signature);
Kernel interval_quotient(const Signature& signature);

}  // namespace quern::score
