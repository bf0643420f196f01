// How the rows of a table are kept. Each way is one file of this folder that registers itself.
#pragma once

#include <string>
#include <string_view>

#include "quern/base/registry.h"
#include "quern/base/status.h"

namespace quern::transform {

struct Materialization {
    static constexpr std::string_view kind = "materialization";
    std::string_view name;  // as `materialize:` writes it
    std::string_view summary, example;
    // Everything before the SELECT; the SELECT follows at once.
    std::string (*create_sql)(const std::string& quoted_name);
};

}  // namespace quern::transform
