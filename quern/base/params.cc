#include "quern/base/params.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "quern/base/nearest.h"

namespace quern {
namespace {

std::string short_number(double value) { return detail::show_value(value); }

std::string in_quotes(std::string_view name) { return "'" + std::string(name) + "'"; }

bool is_bounded(const Shape& shape) {
    return std::isfinite(shape.low) || std::isfinite(shape.high);
}

std::string range_text(const Shape& shape) {
    if (!std::isfinite(shape.high)) {
        return std::string(shape.low_is_open ? "above " : "at least ") + short_number(shape.low);
    }
    return std::string("in ") + (shape.low_is_open ? "(" : "[") + short_number(shape.low) + ", " +
           short_number(shape.high) + (shape.high_is_open ? ")" : "]");
}

bool is_inside(const Shape& shape, double value) {
    const bool above = shape.low_is_open ? value > shape.low : value >= shape.low;
    const bool below = shape.high_is_open ? value < shape.high : value <= shape.high;
    return above && below;
}

std::string shown(const Tree& tree) {
    constexpr size_t kShownMax = 60;
    if (!tree.is_scalar()) return std::string(tree.kind_name());
    if (tree.text.size() <= kShownMax) return in_quotes(tree.text);
    return in_quotes(tree.text.substr(0, kShownMax) + "...");
}

Status wrong(const Tree& tree, const Shape& shape, std::string_view name) {
    auto status =
        invalid_argument(in_quotes(name) + " must be " + shape.text() + ", got " + shown(tree))
            .at(tree.place.text());
    if (shape.type != "string" || !shape.choices.empty()) return status;
    if (tree.is_null()) return std::move(status).hint("put quotes around it if `null` is the text");
    if (tree.is_map()) return std::move(status).hint("put quotes around a text that holds ': '");
    return status;
}

template <class T>
Status read_number(const Tree& tree, const Shape& shape, std::string_view name, T& slot) {
    if (!tree.is_scalar() || tree.is_quoted) return wrong(tree, shape, name);
    const char* first = tree.text.data();
    const char* const stop = first + tree.text.size();
    if (tree.text.size() > 1 && *first == '+') ++first;
    const auto [end, error] = std::from_chars(first, stop, slot);
    const bool is_number = error == std::errc() && end == stop;
    if (!is_number || !is_inside(shape, static_cast<double>(slot))) return wrong(tree, shape, name);
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(slot)) return wrong(tree, shape, name);
    }
    return {};
}

Status read_known(const std::vector<Param>& params, const Tree::Entry& entry, void* object,
                  std::string_view what) {
    for (const auto& param : params) {
        if (param.name != entry.key) continue;
        // `key:` with nothing behind it leaves the default, as a commented-out value would.
        if (entry.value.is_null() && !param.is_required) return {};
        return param.read(object, entry.value, param);
    }
    std::vector<std::string_view> names;
    for (const auto& param : params) names.push_back(param.name);
    const auto unknown = unknown_name("key", entry.key, names);
    return invalid_argument("unknown key " + in_quotes(entry.key) + " in " + std::string(what))
        .at(entry.place.text())
        .hint(std::string(unknown.hint()));
}

// A row a key; the keys of a map inside follow it as `split.folds`.
std::string markdown_rows(const std::vector<Param>& params, const std::string& prefix) {
    std::string rows;
    for (const auto& param : params) {
        const std::string name = prefix + param.name;
        const std::string fallback = param.is_required ? "(required)" : param.default_text;
        rows += "| `" + name + "` | " + param.shape.text() + " | " + fallback + " | " + param.doc +
                " |\n" + markdown_rows(param.shape.fields, name + ".");
    }
    return rows;
}

nlohmann::ordered_json schema_of(const Shape& shape);

nlohmann::ordered_json object_schema(const std::vector<Param>& params) {
    nlohmann::ordered_json properties = nlohmann::ordered_json::object();
    auto required = nlohmann::ordered_json::array();
    for (const auto& param : params) {
        auto schema = schema_of(param.shape);
        schema["description"] = param.doc;
        if (!param.default_text.empty()) schema["x-default"] = param.default_text;
        properties[param.name] = std::move(schema);
        if (param.is_required) required.push_back(param.name);
    }
    nlohmann::ordered_json schema = {{"type", "object"}, {"additionalProperties", false}};
    schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

// An editor reads an unquoted true as a boolean.
nlohmann::ordered_json choices_schema(const std::vector<std::string>& choices) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& choice : choices) {
        list.push_back(choice);
        if (choice == "true" || choice == "false") list.push_back(choice == "true");
    }
    return list;
}

nlohmann::ordered_json schema_of(const Shape& shape) {
    nlohmann::ordered_json schema;
    if (!shape.values.empty()) {
        return {{"type", "object"}, {"additionalProperties", schema_of(shape.values[0])}};
    }
    if (shape.takes_text) {
        return {{"anyOf", {{{"type", "string"}}, object_schema(shape.fields)}}};
    }
    if (shape.type == "object") return object_schema(shape.fields);
    if (shape.type == "any") return nlohmann::ordered_json::object();
    if (shape.type == "array") {
        auto item = schema_of(shape.items[0]);
        return {{"anyOf", {item, {{"type", "array"}, {"items", item}}}}};
    }
    // YAML editors read 1 and true unquoted; text fields take them as their text.
    if (shape.type == "string" && shape.choices.empty()) {
        return {{"type", {"string", "number", "boolean"}}};
    }
    schema["type"] = shape.type;
    if (!shape.choices.empty()) return {{"enum", choices_schema(shape.choices)}};
    if (std::isfinite(shape.low)) {
        schema[shape.low_is_open ? "exclusiveMinimum" : "minimum"] = shape.low;
    }
    if (std::isfinite(shape.high)) {
        schema[shape.high_is_open ? "exclusiveMaximum" : "maximum"] = shape.high;
    }
    return schema;
}

}  // namespace

std::string Shape::text() const {
    if (!choices.empty()) {
        std::string list = "one of ";
        for (size_t i = 0; i < choices.size(); ++i) list += (i > 0 ? ", " : "") + choices[i];
        return list;
    }
    if (type == "array") return "a list (" + items[0].text() + ")";
    if (type == "object") return "a map";
    if (type == "any") return "any value";
    if (type == "string") return "text";
    std::string text =
        type == "boolean" ? "true or false" : (type == "integer" ? "an integer" : "a number");
    return is_bounded(*this) ? text + " " + range_text(*this) : text;
}

Param Param::range(double low, double high, bool low_is_open, bool high_is_open) && {
    Shape& target = shape.type == "array" ? shape.items[0] : shape;
    target.low = low;
    target.high = high;
    target.low_is_open = low_is_open;
    target.high_is_open = high_is_open;
    return std::move(*this);
}

Param Param::one_of(std::vector<std::string> choices) && {
    (shape.type == "array" ? shape.items[0] : shape).choices = std::move(choices);
    return std::move(*this);
}

Status read_params(const std::vector<Param>& params, const Tree& map, void* object,
                   std::string_view what) {
    if (map.is_null()) {
        for (const auto& param : params) {
            if (!param.is_required) continue;
            return invalid_argument(std::string(what) + " needs the key " + in_quotes(param.name))
                .at(map.place.text());
        }
        return {};
    }
    if (!map.is_map()) {
        return invalid_argument(std::string(what) + " must be a map of keys, got " + shown(map))
            .at(map.place.text());
    }
    Status faults;
    for (const auto& entry : map.entries) faults.also(read_known(params, entry, object, what));
    for (const auto& param : params) {
        if (!param.is_required || map.find(param.name) != nullptr) continue;
        faults.also(invalid_argument(std::string(what) + " needs the key " + in_quotes(param.name))
                        .at(map.place.text()));
    }
    return faults;
}

std::string json_schema(const std::vector<Param>& params) {
    nlohmann::ordered_json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
    schema.update(object_schema(params));
    return schema.dump(2);
}

std::string markdown_table(const std::vector<Param>& params) {
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + markdown_rows(params, "");
}

namespace detail {

Shape plain_shape(std::string_view type) {
    Shape shape;
    shape.type = type;
    return shape;
}

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, bool& slot) {
    const bool is_true = tree.text == "true";
    if (!tree.is_scalar() || tree.is_quoted || (!is_true && tree.text != "false")) {
        return wrong(tree, shape, name);
    }
    slot = is_true;
    return {};
}

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, int64_t& slot) {
    return read_number(tree, shape, name, slot);
}

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, double& slot) {
    return read_number(tree, shape, name, slot);
}

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, std::string& slot) {
    if (!tree.is_scalar()) return wrong(tree, shape, name);
    if (!shape.choices.empty()) {
        const std::vector<std::string_view> known(shape.choices.begin(), shape.choices.end());
        if (std::ranges::find(known, tree.text) == known.end()) {
            const std::string near = nearest(tree.text, known);
            auto status = wrong(tree, shape, name);
            return near.empty() ? status : std::move(status).hint("did you mean '" + near + "'?");
        }
    }
    slot = tree.text;
    return {};
}

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, Located& slot) {
    TRY(read_value(tree, shape, name, slot.text));
    slot.place = tree.place;
    return {};
}

Status read_value(const Tree& tree, const Shape&, std::string_view, Tree& slot) {
    slot = tree;
    return {};
}

std::string show_value(bool value) { return value ? "true" : "false"; }
std::string show_value(int64_t value) { return std::to_string(value); }
std::string show_value(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}
std::string show_value(const std::string& value) { return value; }

}  // namespace detail

}  // namespace quern
