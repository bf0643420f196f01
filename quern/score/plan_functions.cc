#include "quern/score/plan_functions.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "quern/score/plan_json.h"
#include "quern/score/plan_value.h"

namespace quern::score {
namespace {

// DuckDB's names of comparisons and of BOUND_OPERATOR, and ours.
const std::map<std::string_view, std::string_view> kOperators = {
    {"COMPARE_EQUAL", "="},
    {"COMPARE_NOTEQUAL", "<>"},
    {"COMPARE_LESSTHAN", "<"},
    {"COMPARE_LESSTHANOREQUALTO", "<="},
    {"COMPARE_GREATERTHAN", ">"},
    {"COMPARE_GREATERTHANOREQUALTO", ">="},
    {"COMPARE_DISTINCT_FROM", "is distinct from"},
    {"COMPARE_NOT_DISTINCT_FROM", "is not distinct from"},
    {"COMPARE_IN", "in"},
    {"COMPARE_NOT_IN", "not in"},
    {"CONJUNCTION_AND", "and"},
    {"CONJUNCTION_OR", "or"},
    {"OPERATOR_NOT", "not"},
    {"OPERATOR_IS_NULL", "is null"},
    {"OPERATOR_IS_NOT_NULL", "is not null"},
    {"OPERATOR_COALESCE", "coalesce"},
    {"OPERATOR_TRY", "try"},
};

// Functions whose value is not a matter of the row.
constexpr std::string_view kVolatile[] = {"random",
                                          "setseed",
                                          "uuid",
                                          "gen_random_uuid",
                                          "uuidv4",
                                          "uuidv7",
                                          "current_date",
                                          "today",
                                          "current_time",
                                          "get_current_time",
                                          "now",
                                          "nextval",
                                          "currval",
                                          "get_current_timestamp",
                                          "current_timestamp",
                                          "transaction_timestamp",
                                          "current_localtime",
                                          "current_localtimestamp",
                                          "current_connection_id",
                                          "current_query",
                                          "current_query_id",
                                          "current_transaction_id",
                                          "txid_current",
                                          "current_user",
                                          "current_database",
                                          "current_schema",
                                          "version"};

}  // namespace

std::string_view operator_name(std::string_view type) {
    auto name = kOperators.find(type);
    return name == kOperators.end() ? std::string_view() : name->second;
}

bool compares_order(std::string_view name) { return name[0] == '<' || name[0] == '>'; }
bool compares(std::string_view name) {
    return compares_order(name) || name == "=" || name == "in" || name == "not in" ||
           name == "is distinct from" || name == "is not distinct from";
}
bool is_enum(const json& node) { return text(member(node, "return_type"), "id") == "ENUM"; }

bool is_volatile(std::string_view function) {
    return std::ranges::find(kVolatile, function) != std::end(kVolatile);
}

std::string nested_name(const std::string& function) {
    static const std::map<std::string_view, std::string_view> names = {
        {"len", "list_length"},
        {"length", "list_length"},
        {"contains", "list_contains"},
        {"list_has", "list_contains"},
        {"list_element", "list_extract"},
        {"list_aggregate", "list_aggr"},
        {"aggregate", "list_aggr"},
        {"list_indexof", "list_position"},
        {"list_cat", "list_concat"},
        {"||", "list ||"},
        {"&&", "list_has_any"},
        {"@>", "list_has_all"},
        {"element_at", "map_extract"},
        {"list_dot_product", "list_inner_product"},
        {"<->", "list_distance"},
        {"<=>", "list_cosine_distance"},
        {"list_negative_dot_product", "list_negative_inner_product"}};
    const std::string list =
        function.starts_with("array_") ? "list_" + function.substr(6) : function;
    auto found = names.find(list);
    return found == names.end() ? list : std::string(found->second);
}

bool is_split(std::string_view function) {
    return function == "string_split" || function == "split" || function == "str_split" ||
           function == "string_to_array";
}

bool ignores_order(std::string_view function, const json& children) {
    constexpr std::string_view kNames[] = {"list_length",       "list_contains", "list_sort",
                                           "list_reverse_sort", "list_has_any",  "list_has_all",
                                           "list_unique"};
    constexpr std::string_view kAggregates[] = {"min", "max", "count"};
    if (std::ranges::find(kNames, function) != std::end(kNames)) return true;
    if (function != "list_aggr" || children.size() != 2) return false;
    return std::ranges::find(kAggregates, text(member(children[1], "value"), "value")) !=
           std::end(kAggregates);
}

bool is_list_of_patterns(std::string_view function, const json& children) {
    bool is_strptime = function == "strptime" || function == "try_strptime";
    return is_strptime && children.size() == 2 && text(children[1], "name") == "list_value";
}
json spread_last(json children) {
    json last = std::move(children.back());
    children.erase(children.size() - 1);
    for (const json& item : list(last, "children")) children.push_back(item);
    return children;
}

bool is_double_for_decimals(const json& children) {
    int scale = 0, digits = 0;
    for (const json& child : children) {
        const frame::Type to = plan_type(member(child, "return_type"));
        const json& inner = member(child, "child");
        const bool is_constant = text(inner, "expression_class") == "BOUND_CONSTANT";
        const frame::Type from = plan_type(is_constant ? member(member(inner, "value"), "type")
                                                       : member(inner, "return_type"));
        const bool is_cast = text(child, "expression_class") == "BOUND_CAST" &&
                             to.id == frame::TypeId::float64 && from.id == frame::TypeId::decimal;
        if (!is_cast) return false;
        scale = std::max<int>(scale, from.scale);
        digits = std::max(digits, from.width - from.scale);
    }
    return scale + digits > 38;
}

}  // namespace quern::score
