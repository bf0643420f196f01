#include "quern/score/plan_json.h"

#include <nlohmann/json.hpp>

namespace quern::score {

const json& member(const json& node, const char* key) {
    static const json nothing;
    if (!node.is_object()) return nothing;
    auto found = node.find(key);
    return found == node.end() ? nothing : *found;
}

const json& list(const json& node, const char* key) {
    static const json nothing = json::array();
    const json& value = member(node, key);
    return value.is_array() ? value : nothing;
}

int64_t integer(const json& node, const char* key) {
    const json& value = member(node, key);
    return value.is_number_integer() ? value.get<int64_t>() : 0;
}

std::string_view text(const json& node, const char* key) {
    const json& value = member(node, key);
    return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : "";
}

uint32_t position_of(const json& node) {
    const json& at = member(node, "query_location");
    if (!at.is_number_unsigned() || at.get<uint64_t>() >= UINT32_MAX) return kNoPosition;
    return at.get<uint32_t>();
}

const json& bound_type(const json& node) {
    const json& value = member(node, "value");  // of a constant
    return value.is_object() ? member(value, "type") : member(node, "return_type");
}

namespace {

// What DuckDB put between the table and the features, in the user's words.
std::string_view operator_words(std::string_view type) {
    if (type == "LOGICAL_WINDOW") return "a window function sees other rows";
    if (type == "LOGICAL_AGGREGATE_AND_GROUP_BY") return "an aggregate sees other rows";
    return "a join or subquery sees other rows";
}

}  // namespace

Result<json> column_names(const json& projection) {
    const json& children = list(projection, "children");
    const std::string_view type = children.size() == 1 ? text(children[0], "type") : "";
    if (type != "LOGICAL_GET") {
        return unimplemented("a feature is computed from one row alone, but " +
                             std::string(operator_words(type)))
            .hint("put joins, filters, groups, windows and subqueries into a table under tables/");
    }
    const json& names = list(children[0], "names");
    json columns = json::array();
    for (const json& column : list(children[0], "column_indexes")) {
        const json& index = member(column, "index");
        bool is_known = index.is_number_unsigned() && index.get<size_t>() < names.size() &&
                        names[index.get<size_t>()].is_string();
        columns.push_back(is_known ? names[index.get<size_t>()] : json("rowid"));
    }
    return columns;
}

}  // namespace quern::score
