// A look-up of a program as JSON.
#include <nlohmann/json.hpp>

#include "quern/score/artifact_fields.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

json parts_json(const std::vector<Lookup::Part>& parts) {
    json list = json::array();
    for (const auto& part : parts) list.push_back({{"column", part.column}, {"input", part.input}});
    return list;
}

Status read_parts(const json& from, const char* key, size_t size_max,
                  std::vector<Lookup::Part>& out) {
    const json* list = TRY(read_list(from, key, size_max));
    for (const json& item : *list) {
        auto& part = out.emplace_back();
        TRY(read(item, "column", part.column));
        TRY(read(item, "input", part.input));
    }
    return {};
}

}  // namespace

json to_json(const Lookup& lookup) {
    json out = {{"name", lookup.name},
                {"table", lookup.table},
                {"keys", parts_json(lookup.keys)},
                {"columns", parts_json(lookup.columns)},
                {"fails_if_missing", lookup.fails_if_missing},
                {"snapshot", lookup.snapshot}};
    if (lookup.time) out["time"] = *lookup.time;
    if (lookup.max_age_us) out["max_age_us"] = *lookup.max_age_us;
    return out;
}

Status from_json(const json& from, Lookup& out) {
    TRY(read(from, "name", out.name));
    TRY(read(from, "table", out.table));
    TRY(read(from, "fails_if_missing", out.fails_if_missing));
    TRY(read(from, "snapshot", out.snapshot));
    TRY(read_parts(from, "keys", kLookupKeysMax, out.keys));
    TRY(read_parts(from, "columns", kInputsMax, out.columns));
    if (from.contains("time")) TRY(read(from, "time", out.time.emplace()));
    if (!from.contains("max_age_us")) return {};
    const json& age = from["max_age_us"];
    if (!age.is_number_integer()) return corrupt("program: 'max_age_us' is not a number");
    out.max_age_us = age.get<int64_t>();
    return {};
}

}  // namespace quern::score
