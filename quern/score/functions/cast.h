// Casts are many: each file of them offers the kernels it has, by source and target type.
#pragma once

#include "quern/score/function.h"

namespace quern::score {

// Each gives null where it has no such cast.
Kernel cast_between_numbers(const frame::Type& from, const frame::Type& to);
Kernel cast_with_decimal(const frame::Type& from, const frame::Type& to);
Kernel cast_from_text(const frame::Type& to);
Kernel cast_to_text(const frame::Type& from);
Kernel cast_with_json(const frame::Type& from, const frame::Type& to);
Kernel cast_between_times(const frame::Type& from, const frame::Type& to);

// `name` is the function for the elements: cast or try_cast.
Result<BoundFunction> bind_list_cast(std::string_view name, const frame::Type& from,
                                     const frame::Type& to);
Result<BoundFunction> bind_cast_kernel(const frame::Type& from, const frame::Type& to);

}  // namespace quern::score
