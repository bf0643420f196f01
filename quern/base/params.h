// A settings struct describes itself once, in `static std::vector<Param> params()`. Parsing, the
// refusal of unknown keys, error texts, the reference page, the JSON Schema and the invalid values
// of the contract tests are all read from that one description.
//
//     struct Gbdt {
//         int64_t max_depth = 6;
//         std::string metric = "auc";
//         static std::vector<Param> params() {
//             return {param("max_depth", &Gbdt::max_depth, "Deepest leaf.").in(1, 64),
//                     param("metric", &Gbdt::metric, "What stops it.").one_of({"auc", "loss"})};
//         }
//     };
//     auto gbdt = TRY(parse_params<Gbdt>(tree));
//
// Fields may be bool, int64_t, double, std::string, Located, Tree (anything), a struct with
// params(), and optional and vector of these. A vector takes a single value as a list of one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quern/base/status.h"
#include "quern/base/tree.h"

namespace quern {

class Param;
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// What a value may be: enough for a message, a table row and a JSON Schema.
struct Shape {
    std::string type;                  // boolean integer number string any object array
    std::vector<Param> fields;         // of an object
    std::vector<Shape> items, values;  // one: of an array; of an object whose keys are free
    std::vector<std::string> choices;  // empty: no list
    bool takes_text = false;           // of an object: a plain text is short for it
    double low = -kNoLimit, high = kNoLimit;
    bool low_is_open = false, high_is_open = false;

    std::string text() const;  // "integer in [1, 64]", "one of: a, b", "list of string"
};

class Param {
public:
    std::string name, doc;
    Shape shape;
    bool is_required = false;
    std::string default_text;  // "" when the default says nothing
    std::function<Status(void* object, const Tree& value, const Param& self)> read;

    Param in(double low, double high) && { return std::move(*this).range(low, high, false, false); }
    Param above(double low) && { return std::move(*this).range(low, kNoLimit, true, false); }
    Param at_least(double low) && { return std::move(*this).range(low, kNoLimit, false, false); }
    Param range(double low, double high, bool low_is_open, bool high_is_open) &&;
    Param one_of(std::vector<std::string> choices) &&;  // of a string or of a list's items
    Param required() && {
        is_required = true;
        return std::move(*this);
    }
};

// Reads a map into the object behind `object`, key by key; all faults of the map are reported.
// `what` names the map in messages: "model", "check 'between'".
Status read_params(const std::vector<Param>& params, const Tree& map, void* object,
                   std::string_view what);

// JSON Schema (2020-12) of a map with these keys, as JSON text; unknown keys are refused.
std::string json_schema(const std::vector<Param>& params);
// A Markdown table: name, type and range, default, meaning.
std::string markdown_table(const std::vector<Param>& params);

namespace detail {

Status read_value(const Tree& tree, const Shape& shape, std::string_view name, bool& slot);
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, int64_t& slot);
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, double& slot);
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, std::string& slot);
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, Located& slot);
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, Tree& slot);

template <class T>
concept Described = requires { T::params(); };

template <Described T>
Status read_value(const Tree& tree, const Shape& shape, std::string_view name, T& slot) {
    return read_params(shape.fields, tree, &slot, name);
}

template <class T>
Status read_value(const Tree& tree, const Shape& shape, std::string_view name,
                  std::optional<T>& slot) {
    T value{};
    TRY(read_value(tree, shape, name, value));
    slot = std::move(value);
    return {};
}

template <class T>
Status read_value(const Tree& tree, const Shape& shape, std::string_view name,
                  std::vector<T>& slot) {
    slot.clear();
    const auto add = [&](const Tree& item) {
        T value{};
        TRY(read_value(item, shape.items[0], name, value));
        slot.push_back(std::move(value));
        return Status();
    };
    if (!tree.is_list()) return add(tree);
    Status faults;
    for (const auto& item : tree.items) faults.also(add(item));
    return faults;
}

template <class T>
struct Typed {
    static Shape shape() {
        Shape shape;
        shape.type = "object";
        shape.fields = T::params();
        return shape;
    }
};
Shape plain_shape(std::string_view type);
template <>
struct Typed<bool> {
    static Shape shape() { return plain_shape("boolean"); }
};
template <>
struct Typed<int64_t> {
    static Shape shape() { return plain_shape("integer"); }
};
template <>
struct Typed<double> {
    static Shape shape() { return plain_shape("number"); }
};
template <>
struct Typed<std::string> {
    static Shape shape() { return plain_shape("string"); }
};
template <>
struct Typed<Located> : Typed<std::string> {};
template <>
struct Typed<Tree> {
    static Shape shape() { return plain_shape("any"); }
};
template <class T>
struct Typed<std::optional<T>> : Typed<T> {};
template <class T>
struct Typed<std::vector<T>> {
    static Shape shape() {
        Shape shape = plain_shape("array");
        shape.items.push_back(Typed<T>::shape());
        return shape;
    }
};

std::string show_value(bool value);
std::string show_value(int64_t value);
std::string show_value(double value);
std::string show_value(const std::string& value);
template <class T>
std::string show_value(const T&) {
    return "";
}
template <class T>
std::string show_value(const std::optional<T>& value) {
    return value ? show_value(*value) : "";
}

}  // namespace detail

template <class P, class T>
Param param(std::string_view name, T P::* field, std::string_view doc) {
    Param described;
    described.name = name;
    described.doc = doc;
    described.shape = detail::Typed<T>::shape();
    static const P defaults{};
    described.default_text = detail::show_value(defaults.*field);
    described.read = [field](void* object, const Tree& value, const Param& self) {
        return detail::read_value(value, self.shape, self.name, static_cast<P*>(object)->*field);
    };
    return described;
}

template <class P>
Result<P> parse_params(const Tree& map, std::string_view what) {
    P parsed{};
    TRY(read_params(P::params(), map, &parsed, what));
    return parsed;
}

}  // namespace quern
