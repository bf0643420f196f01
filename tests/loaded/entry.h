// A kind of its own for this test: entries on both sides of dlopen.
#pragma once

#include <string_view>

#include "quern/base/registry.h"

namespace quern::loaded {

struct Toy {
    static constexpr std::string_view kind = "toy";
    std::string_view name;
    Status (*play)() = nullptr;
};

}  // namespace quern::loaded
