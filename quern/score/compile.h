// From DuckDB's bound plan of `select <features> from <table>` to row expressions. DuckDB resolved
// every name, type, implicit cast and macro; here each operator is found in the registry of row
// functions, which have exactly DuckDB's meaning, or the feature is refused.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quern/score/program.h"

namespace quern::score {

struct CompiledFeatures {
    std::vector<Input> inputs;  // only the columns that are read
    std::vector<Lookup> lookups;
    std::vector<Expression> expressions;
    std::vector<Feature> features;
};

// The rules of a zone (time_zone.h) by its name.
using ZoneRules = std::function<Result<std::string>(std::string_view name)>;

// A look-up that features may read: in the SELECT it is a struct column of its name.
struct LookupSpec {
    Lookup lookup;            // without inputs and columns
    std::vector<Input> keys;  // the row's columns, in the order of lookup.keys
    std::optional<Input> time;
};

// `plan_json` is what json_serialize_plan(SELECT) gives, without `optimize`. `place` names the
// place of a byte of that SELECT in the user's own files, for messages. All features that do not
// compile are reported at once. Without `zones` AT TIME ZONE is refused.
Result<CompiledFeatures> compile_features(std::string_view plan_json,
                                          const std::function<std::string(size_t position)>& place,
                                          const ZoneRules& zones = {},
                                          std::span<const LookupSpec> lookups = {});

}  // namespace quern::score
