#include "quern/score/compile.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/evaluate_constant.h"
#include "quern/score/function.h"
#include "quern/score/lookup_inputs.h"
#include "quern/score/plan_functions.h"
#include "quern/score/plan_json.h"
#include "quern/score/plan_value.h"
#include "quern/score/storage.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

using nlohmann::json;
using Place = std::function<std::string(size_t)>;

constexpr int kDepthMax = 1000;

class Compiler {
public:
    Compiler(const Place& place, const json& columns, const ZoneRules& zones,
             std::span<const LookupSpec> lookups)
        : place_(place), columns_(columns), zones_(zones) {
        for (const LookupSpec& spec : lookups) out_.lookups.push_back(spec.lookup);
    }

    // The expressions of one feature are kept only when all of it compiles.
    Status add_feature(const json& node, std::string name) {
        size_t before = out_.expressions.size();
        auto root = lower(node, 0);
        if (!root.ok()) {
            drop_after(before);
            return std::move(root).status();
        }
        if (storage_of(type_of(*root)) == Storage::interval ||
            type_of(*root).id == frame::TypeId::other) {
            return refuse(node, "a feature cannot be of type " + type_text(type_of(*root)))
                .hint("take a part of it: a number, a text or a date");
        }
        out_.features.push_back({std::move(name), *root});
        return {};
    }

    // "weather.wind" of a feature that is a look-up's column and nothing else.
    std::string looked_up_name(const json& node) {
        const Lookup* lookup = looked_up(node);
        if (lookup == nullptr) return "";
        return lookup->name + "." +
               std::string(text(member(list(node, "children")[1], "value"), "value"));
    }

    CompiledFeatures take() {
        drop_unused(out_);
        return std::move(out_);
    }

private:
    Status refuse(const json& node, std::string why) const {
        Status status = unimplemented(std::move(why));
        uint32_t at = position_of(node);
        if (at == kNoPosition) at = near_;
        if (at == kNoPosition || !place_) return status;
        return std::move(status).at(place_(at));
    }

    const frame::Type& type_of(uint32_t index) const { return out_.expressions[index].type; }

    Result<uint32_t> lower(const json& node, int depth) {
        if (depth > kDepthMax) return refuse(node, "this expression is nested too deep");
        if (position_of(node) != kNoPosition) near_ = position_of(node);
        const bool in_any_order = std::exchange(in_any_order_, false);
        std::string_view kind = text(node, "expression_class");
        if (kind == "BOUND_REF") return lower_column(node);
        if (kind == "BOUND_CONSTANT") return lower_constant(node);
        if (kind == "BOUND_CAST") return lower_cast(node, depth);
        if (kind == "BOUND_FUNCTION") return lower_function(node, depth, in_any_order);
        if (kind == "BOUND_CASE") return lower_case(node, depth);
        if (kind == "BOUND_BETWEEN") return lower_between(node, depth);
        if (kind == "BOUND_COMPARISON" || kind == "BOUND_CONJUNCTION" || kind == "BOUND_OPERATOR")
            return lower_operator(node, depth);
        if (kind == "BOUND_AGGREGATE" || kind == "BOUND_WINDOW") {
            return refuse(node, "an aggregate or window needs other rows; a model scores one row")
                .hint("compute it in a table under tables/ and use its column");
        }
        return refuse(node, "no compiled form for " + std::string(kind));
    }

    Result<uint32_t> lower_column(const json& node) {
        const json& index = member(node, "index");
        size_t position = index.is_number_unsigned() ? index.get<size_t>() : SIZE_MAX;
        if (position >= columns_.size()) {
            return refuse(node, "a feature may read only the columns of its own row")
                .hint("compute aggregates, windows and subqueries in a table under tables/");
        }
        const std::string& name = columns_[position].get_ref<const std::string&>();
        if (find_lookup(name) != nullptr) {
            return refuse(node, "'" + name + "' is a look-up; a feature reads columns of it")
                .hint("write " + name + ".COLUMN");
        }
        frame::Type type = plan_type(member(node, "return_type"));
        const frame::Type whole = type;
        // As text: an ENUM, which is cast for all but its equality, and nested values as JSON.
        if (type.sql_name == "ENUM" || is_nested(type)) type = {frame::TypeId::varchar, 0, 0, ""};
        const uint32_t added = TRY(add_input(node, name, type));
        return is_nested(whole) ? call(node, "cast", {added}, whole) : Result<uint32_t>(added);
    }

    Lookup* find_lookup(std::string_view name) {
        const auto found = std::ranges::find(out_.lookups, name, &Lookup::name);
        return found == out_.lookups.end() ? nullptr : &*found;
    }

    // The look-up whose column this takes; null: it is an ordinary call.
    Lookup* looked_up(const json& node) {
        const json& children = list(node, "children");
        if (text(node, "name") != "struct_extract" || children.size() != 2) return nullptr;
        const json& index = member(children[0], "index");
        const bool is_column = text(children[0], "expression_class") == "BOUND_REF" &&
                               index.is_number_unsigned() && index.get<size_t>() < columns_.size();
        if (!is_column) return nullptr;
        return find_lookup(columns_[index.get<size_t>()].get_ref<const std::string&>());
    }

    Result<uint32_t> lower_looked_up(const json& node, Lookup& lookup) {
        const json& children = list(node, "children");
        std::string column(text(member(children[1], "value"), "value"));
        const json& type = member(member(children[0], "return_type"), "type_info");
        for (const json& child : list(type, "child_types")) {
            const std::string_view name = text(child, "first");
            if (lower_ascii(name) == lower_ascii(column)) column = name;
        }
        const uint32_t node_index = TRY(
            add_input(node, lookup.name + "." + column, plan_type(member(node, "return_type"))));
        const uint32_t input = out_.expressions[node_index].input;
        if (std::ranges::find(lookup.columns, input, &Lookup::Part::input) == lookup.columns.end())
            lookup.columns.push_back({column, input});
        return node_index;
    }

    Result<uint32_t> add_input(const json& node, const std::string& name, const frame::Type& type) {
        if (type.id == frame::TypeId::other) {
            return refuse(node, "column '" + name + "' has the type " + type_text(type) +
                                    ", which a scorer does not take")
                .hint("cast it in a table under tables/");
        }
        auto found = std::find_if(out_.inputs.begin(), out_.inputs.end(),
                                  [&](const Input& input) { return input.name == name; });
        auto input = static_cast<uint32_t>(found - out_.inputs.begin());
        if (found == out_.inputs.end()) {
            Input& added = out_.inputs.emplace_back();
            added.name = name;
            added.type = type;
        }
        Expression expression;
        expression.type = type;
        expression.input = input;
        return add(std::move(expression));
    }

    Result<uint32_t> lower_constant(const json& node) {
        auto constant = plan_constant(member(node, "value"));
        if (!constant.ok()) return refuse(node, std::string(constant.status().message()));
        return add_constant(*constant, position_of(node));
    }

    Result<uint32_t> lower_cast(const json& node, int depth) {
        uint32_t child = TRY(lower(member(node, "child"), depth + 1));
        frame::Type type = plan_type(member(node, "return_type"));
        if (type == type_of(child)) return child;
        if (is_nested(type) && type_of(child).id == frame::TypeId::varchar)
            return refuse(node, "no compiled cast from VARCHAR to " + type_text(type))
                .hint(
                    "cast it in a table under tables/ and use its column, or write JSON: "
                    "s::json::" +
                    type_text(type));
        bool is_null = out_.expressions[child].kind == Expression::Kind::constant &&
                       out_.expressions[child].constant.is_null;
        if (is_null) {  // NULL has no type of its own before the binder gives it one
            Constant null;
            null.type = type;
            return add_constant(null, position_of(node));
        }
        bool is_try = member(node, "try_cast") == json(true);
        return call(node, is_try ? "try_cast" : "cast", {child}, type);
    }

    Result<uint32_t> lower_function(const json& node, int depth, bool in_any_order) {
        std::string name(text(node, "name"));
        if (is_volatile(name)) {
            return refuse(node, "'" + name +
                                    "' changes from call to call; the same row must "
                                    "always give the same score")
                .hint("add the moment as a column of the table and use that");
        }
        if (Lookup* lookup = looked_up(node)) return lower_looked_up(node, *lookup);
        const json* children = &list(node, "children");
        // split_part is a macro over a list; the pair of functions is taken as one.
        if ((name == "list_extract" || name == "array_extract") && children->size() == 2 &&
            text((*children)[0], "expression_class") == "BOUND_FUNCTION" &&
            is_split(text((*children)[0], "name"))) {
            auto arguments = TRY(lower_all(list((*children)[0], "children"), depth));
            arguments.push_back(TRY(lower((*children)[1], depth + 1)));
            return call(node, "split_at", arguments, plan_type(member(node, "return_type")));
        }
        if (is_split(name)) name = "string_split";
        if (children->size() >= 2 && text(bound_type((*children)[0]), "id") == "VARCHAR") {
            if (name == "array_extract" || name == "list_extract" || name == "list_element")
                return lower_character(node, *children, depth);
            if (name == "array_slice" || name == "list_slice")
                return lower_slice(node, *children, "slice_text", depth);
        }
        if ((name == "%" || name == "mod") && is_double_for_decimals(*children)) {
            return refuse(node, "'" + name + "' of decimals with more than 38 digits in all")
                .hint("cast both to narrower decimals");
        }
        if (!children->empty() && is_nested(plan_type(bound_type((*children)[0]))))
            name = nested_name(name);
        if (name == "list_slice" && children->size() == 3)
            return lower_slice(node, *children, "list_slice", depth);
        if (name == "list_distinct" && !in_any_order)
            return refuse(node, "the elements of list_distinct have no order of their own")
                .hint("write list_sort(list_distinct(...))");
        in_any_order_ = ignores_order(name, *children);
        if (std::any_of(children->begin(), children->end(), is_enum))
            return refuse(node, "an ENUM is no argument of '" + name + "'")
                .hint("cast it to VARCHAR");
        const json spread = is_list_of_patterns(name, *children) ? spread_last(*children) : json();
        auto arguments = TRY(lower_all(spread.empty() ? *children : spread, depth));
        if (name == "timezone") TRY(add_zone_rules(node, arguments));
        if (name == "struct_pack") arguments = with_names(node, arguments);
        return call(node, name, arguments, plan_type(member(node, "return_type")));
    }

    // The fields' names, which only the type of the struct holds, each before its value.
    std::vector<uint32_t> with_names(const json& node, const std::vector<uint32_t>& values) {
        const json& fields = list(member(member(node, "return_type"), "type_info"), "child_types");
        if (fields.size() != values.size()) return values;
        std::vector<uint32_t> arguments;
        for (size_t i = 0; i < values.size(); ++i) {
            Constant name;
            name.type.id = frame::TypeId::varchar;
            name.is_null = false;
            name.text = text(fields[i], "first");
            arguments.push_back(add_constant(name, position_of(node)));
            arguments.push_back(values[i]);
        }
        return arguments;
    }

    // The program carries the rules of the zones that it names.
    Status add_zone_rules(const json& node, std::vector<uint32_t>& arguments) {
        if (arguments.size() != 2 || !zones_) return {};
        const Constant& zone = out_.expressions[arguments[0]].constant;
        if (zone.text.empty()) return {};
        auto rules = zones_(zone.text);
        if (!rules.ok()) return refuse(node, std::string(rules.status().message()));
        Constant constant = zone;
        constant.text = std::move(*rules);
        arguments.push_back(add_constant(constant, position_of(node)));
        return {};
    }

    uint32_t add_number(int64_t value) {
        Constant constant;
        constant.type.id = frame::TypeId::bigint;
        constant.is_null = false;
        std::memcpy(constant.bits.data(), &value, sizeof(value));
        return add_constant(constant, kNoPosition);
    }

    // text[2] is one character.
    Result<uint32_t> lower_character(const json& node, const json& children, int depth) {
        auto arguments = TRY(lower_all(children, depth));
        if (type_of(arguments[0]).id == frame::TypeId::varchar) arguments.push_back(add_number(1));
        return call(node, "substr", arguments, plan_type(member(node, "return_type")));
    }

    // text[2:4]; an end that is left open is an empty list.
    Result<uint32_t> lower_slice(const json& node, const json& children, const char* name,
                                 int depth) {
        std::vector<uint32_t> arguments;
        for (const json& child : children) {
            const json& value = member(child, "value");
            const bool is_open = text(member(value, "type"), "id") == "LIST";
            arguments.push_back(is_open ? add_number(arguments.size() == 1 ? 0 : INT64_MAX)
                                        : TRY(lower(child, depth + 1)));
        }
        return call(node, name, arguments, plan_type(member(node, "return_type")));
    }

    Result<uint32_t> lower_operator(const json& node, int depth) {
        const std::string name(operator_name(text(node, "type")));
        if (name.empty())
            return refuse(node, "no compiled form for " + std::string(text(node, "type")));
        std::vector<uint32_t> arguments;
        if (member(node, "left").is_object()) {
            arguments.push_back(TRY(lower(member(node, "left"), depth + 1)));
            arguments.push_back(TRY(lower(member(node, "right"), depth + 1)));
        } else {
            arguments = TRY(lower_all(list(node, "children"), depth));
        }
        if (compares_order(name) && is_enum(member(node, "left")))
            return refuse(node, "an ENUM has an order of its own").hint("cast it to VARCHAR");
        if (compares(name)) TRY(order_nested(node, arguments));
        bool has_own_type = name == "coalesce" || name == "try";
        frame::Type type;
        type.id = frame::TypeId::boolean;
        if (has_own_type) type = plan_type(member(node, "return_type"));
        return call(node, name, arguments, type);
    }

    // Lists, structs and maps are compared by bytes in their order.
    Status order_nested(const json& node, std::vector<uint32_t>& arguments) {
        for (uint32_t argument : arguments) {
            const frame::Type &type = type_of(argument), &first = type_of(arguments[0]);
            if (!is_nested(type) || !(type == first)) return {};
        }
        for (uint32_t& argument : arguments)
            argument = TRY(call(node, "order_key", {argument}, {frame::TypeId::blob, 0, 0, ""}));
        return {};
    }

    // Where a condition is known, only what can come of it is kept.
    Result<uint32_t> lower_case(const json& node, int depth) {
        std::vector<uint32_t> arguments;
        const json* otherwise = &member(node, "else_expr");
        for (const json& check : list(node, "case_checks")) {
            const uint32_t when = TRY(lower_condition(member(check, "when_expr"), depth + 1));
            const Expression& condition = out_.expressions[when];
            if (condition.kind != Expression::Kind::constant) {
                arguments.push_back(when);
                arguments.push_back(TRY(lower(member(check, "then_expr"), depth + 1)));
            } else if (condition.constant.bits[0] == std::byte{1}) {
                otherwise = &member(check, "then_expr");
                break;
            }
        }
        arguments.push_back(TRY(lower(*otherwise, depth + 1)));
        if (arguments.size() == 1) return arguments[0];
        return call(node, "case", arguments, plan_type(member(node, "return_type")));
    }

    // Inside of a condition DuckDB looks at the second operand of AND only where the first is true,
    // and of OR only where it is not: `case when x > 0 and ln(x) > 1` never fails.
    Result<uint32_t> lower_condition(const json& node, int depth) {
        if (depth > kDepthMax) return refuse(node, "this expression is nested too deep");
        if (text(node, "expression_class") != "BOUND_CONJUNCTION") return lower(node, depth);
        std::vector<uint32_t> arguments;
        for (const json& child : list(node, "children"))
            arguments.push_back(TRY(lower_condition(child, depth + 1)));
        frame::Type boolean;
        boolean.id = frame::TypeId::boolean;
        bool is_and = text(node, "type") == "CONJUNCTION_AND";
        return call(node, is_and ? "and then" : "or else", arguments, boolean);
    }

    Result<uint32_t> lower_between(const json& node, int depth) {
        uint32_t input = TRY(lower(member(node, "input"), depth + 1));
        uint32_t low = TRY(lower(member(node, "lower"), depth + 1));
        uint32_t high = TRY(lower(member(node, "upper"), depth + 1));
        std::vector<uint32_t> all = {input, low, high};
        TRY(order_nested(node, all));
        input = all[0], low = all[1], high = all[2];
        frame::Type boolean;
        boolean.id = frame::TypeId::boolean;
        bool from = member(node, "lower_inclusive") != json(false);
        bool to = member(node, "upper_inclusive") != json(false);
        uint32_t above = TRY(call(node, from ? ">=" : ">", {input, low}, boolean));
        uint32_t below = TRY(call(node, to ? "<=" : "<", {input, high}, boolean));
        return call(node, "and", {above, below}, boolean);
    }

    Result<std::vector<uint32_t>> lower_all(const json& children, int depth) {
        std::vector<uint32_t> lowered;
        for (const json& child : children) lowered.push_back(TRY(lower(child, depth + 1)));
        return lowered;
    }

    // Adds a call; one whose arguments are all constants becomes its value, unless it fails.
    Result<uint32_t> call(const json& node, std::string name, std::vector<uint32_t> arguments,
                          const frame::Type& type) {
        std::vector<frame::Type> types;
        std::vector<const Constant*> constants;
        bool are_constant = true;
        for (uint32_t argument : arguments) {
            const Expression& expression = out_.expressions[argument];
            bool is_constant = expression.kind == Expression::Kind::constant;
            are_constant = are_constant && is_constant;
            types.push_back(expression.type);
            constants.push_back(is_constant ? &expression.constant : nullptr);
        }
        auto bound = bind_function(name, {types, type, constants});
        if (!bound.ok()) return refuse_call(node, name, bound.status());
        if (are_constant) {
            auto value = evaluate_constant(*bound, constants, types, type);
            if (value) return add_constant(*value, position_of(node));
        }
        Expression expression;
        expression.kind = Expression::Kind::call;
        expression.type = type;
        expression.function = std::move(name);
        expression.children = std::move(arguments);
        expression.position = position_of(node);
        return add(std::move(expression));
    }

    Status refuse_call(const json& node, const std::string& name, const Status& why) const {
        if (why.code() == Code::not_found) {
            return refuse(node, "the SQL function '" + name + "' cannot be compiled into a model")
                .hint("compute it in a table under tables/ and use its column");
        }
        return refuse(node, "'" + name + "': " + std::string(why.message()))
            .hint("cast its arguments, or compute it in a table under tables/");
    }

    uint32_t add_constant(const Constant& constant, uint32_t position) {
        Expression expression;
        expression.kind = Expression::Kind::constant;
        expression.type = constant.type;
        expression.constant = constant;
        expression.position = position;
        return add(std::move(expression));
    }

    // A sub-expression that was there before is computed once.
    uint32_t add(Expression expression) {
        Expression key = expression;
        key.position = kNoPosition;
        auto& same =
            by_function_[key.function + "/" + std::to_string(key.input) + "/" + key.constant.text];
        for (uint32_t index : same) {
            Expression other = out_.expressions[index];
            other.position = kNoPosition;
            if (other == key) return index;
        }
        same.push_back(static_cast<uint32_t>(out_.expressions.size()));
        out_.expressions.push_back(std::move(expression));
        return same.back();
    }

    void drop_after(size_t count) {
        out_.expressions.resize(count);
        for (auto& [key, indexes] : by_function_)
            std::erase_if(indexes, [count](uint32_t index) { return index >= count; });
    }

    const Place& place_;
    const json& columns_;  // names of the columns by BOUND_REF index
    const ZoneRules& zones_;
    CompiledFeatures out_;
    std::map<std::string, std::vector<uint32_t>> by_function_;
    bool in_any_order_ = false;    // whether the order of the next list does not matter
    uint32_t near_ = kNoPosition;  // the last position seen, for nodes without one
};

}  // namespace

Result<CompiledFeatures> compile_features(std::string_view plan_json, const Place& place,
                                          const ZoneRules& zones,
                                          std::span<const LookupSpec> lookups) {
    json root = json::parse(plan_json, nullptr, false);
    if (member(root, "error") == json(true))
        return invalid_argument(std::string(text(root, "error_message")));
    const json& plans = list(root, "plans");
    if (plans.size() != 1) return internal("the plan of the features is not one statement");
    const json& projection = plans[0];
    if (text(projection, "type") != "LOGICAL_PROJECTION") {
        return unimplemented("features are expressions over one row")
            .hint("put ORDER BY, DISTINCT, LIMIT and groups into a table under tables/");
    }
    json columns = TRY(column_names(projection));
    Compiler compiler(place, columns, zones, lookups);
    Status faults;
    size_t index = 0;
    for (const json& node : list(projection, "expressions")) {
        std::string name(text(node, "alias"));
        if (name.empty()) name = compiler.looked_up_name(node);
        if (name.empty()) name = "feature_" + std::to_string(index + 1);
        ++index;
        faults.also(compiler.add_feature(node, std::move(name)));
    }
    TRY(std::move(faults));
    CompiledFeatures features = compiler.take();
    place_lookups(features, lookups);
    return features;
}

}  // namespace quern::score
