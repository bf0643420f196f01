// Chooses the kernels for a model's trees, by timing them on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quern/score/model.h"
#include "quern/score/models/trees.h"

namespace quern::score {

BoundModel bind_fastest(const Trees& trees, size_t column_count);

// The kernels that can run these trees here, and a model bound to one of them for all its rows.
std::vector<std::string> tree_kernels(const Trees& trees, size_t column_count);
BoundModel bind_kernel(const Trees& trees, size_t column_count, std::string_view name);

}  // namespace quern::score
