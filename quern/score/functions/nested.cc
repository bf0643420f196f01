// Elements and fields of lists, structs and maps.
#include "quern/base/text.h"
#include "quern/score/functions/compare.h"
#include "quern/score/functions/nested_type.h"
#include "quern/score/functions/nested_value.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

// find(parent, key) -> the JSON there, or nothing.
template <class T, class Key, auto find>
void find_rows(const Call& call) {
    map_rows<T, std::string_view, Key>(call, [&](std::string_view text, Key key, T& out) {
        auto parent = parse_json(text);
        if (!parent) return Row::failed;
        auto found = find(*parent, key);
        return found ? nested_value(call, call.result, *found, out) : Row::null;
    });
}

// Counted from 1, and from the end when negative.
std::optional<JsonValue> element_at(const JsonValue& list, int64_t place) {
    if (list.kind != JsonKind::array || place == 0) return std::nullopt;
    JsonStep step;
    step.index = place > 0 ? place - 1 : place;
    return find_json(list, {step});
}

// Names of fields are SQL's: their case does not matter.
std::optional<JsonValue> field_of(const JsonValue& object, std::string_view name) {
    std::optional<JsonValue> found;
    if (object.kind != JsonKind::object) return found;
    std::string key, wanted = lower_ascii(name);
    each_json(object, [&](const JsonValue& quoted, const JsonValue& value) {
        key.clear();
        append_unquoted(key, quoted);
        if (lower_ascii(key) == wanted) found = value;
        return !found;
    });
    return found;
}

std::optional<JsonValue> entry_of(const JsonValue& map, std::string_view key) {
    JsonStep step;
    step.key = key;
    if (map.kind != JsonKind::object) return std::nullopt;
    return find_json(map, {step});
}

template <class Key, auto find>
Result<BoundFunction> bind_find(const Signature& signature) {
    if (!has_nested_value(signature.result)) return no_overload(signature);
    return BoundFunction{
        with_storage(storage_of(signature.result),
                     []<class T>(Tag<T>) -> Kernel { return find_rows<T, Key, find>; }),
        nullptr};
}

Result<BoundFunction> bind_extract(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 2) return no_overload(signature);
    if (is_list(types[0]) && types[1].id == TypeId::bigint)
        return bind_find<int64_t, element_at>(signature);
    if (is_struct(types[0]) && types[1].id == TypeId::varchar)
        return bind_find<std::string_view, field_of>(signature);
    return no_overload(signature);
}

Result<BoundFunction> bind_map_value(const Signature& signature) {
    const auto& types = signature.arguments;
    bool fits = types.size() == 2 && is_map(types[0]) && types[1].id == TypeId::varchar;
    return fits ? bind_find<std::string_view, entry_of>(signature) : no_overload(signature);
}

void count_rows(const Call& call) {
    map_rows<int64_t, std::string_view>(call, [](std::string_view text, int64_t& out) {
        auto parent = parse_json(text);
        if (!parent || parent->kind < JsonKind::array) return Row::failed;
        out = 0;
        each_json(*parent, [&out](const JsonValue&, const JsonValue&) { return ++out > 0; });
        return Row::value;
    });
}

Result<BoundFunction> bind_cardinality(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_map(types[0]) || signature.result.id != TypeId::ubigint)
        return no_overload(signature);
    return BoundFunction{count_rows, nullptr};
}

bool is_text_map(const frame::Type& type) {
    return is_map(type) && type.sql_name.starts_with("MAP(VARCHAR, ");
}

// The keys or the values of a map, as a list.
template <bool wants_keys>
void side_rows(const Call& call) {
    map_rows<std::string_view, std::string_view>(
        call, [&call](std::string_view text, std::string_view& out) {
            const auto map = parse_json(text);
            if (!map || map->kind != JsonKind::object) return Row::failed;
            std::string list = "[";
            each_json(*map, [&list](const JsonValue& key, const JsonValue& value) {
                if (list.size() > 1) list += ',';
                list += wants_keys ? key.text : value.text;
                return true;
            });
            return keep_text(call, list + "]", out);
        });
}

template <bool wants_keys>
Result<BoundFunction> bind_side(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_text_map(types[0]) || !is_list(signature.result))
        return no_overload(signature);
    return BoundFunction{side_rows<wants_keys>, nullptr};
}

// The entry's value as a list of one, or an empty one.
void map_extract_rows(const Call& call) {
    using Text = std::string_view;
    map_rows<Text, Text, Text>(call, [&call](Text text, Text key, Text& out) {
        const auto map = parse_json(text);
        if (!map || map->kind != JsonKind::object) return Row::failed;
        const auto found = entry_of(*map, key);
        return keep_text(call, "[" + std::string(found ? found->text : "") + "]", out);
    });
}

Result<BoundFunction> bind_map_extract(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 2 && is_text_map(types[0]) &&
                      types[1].id == TypeId::varchar && is_list(signature.result);
    if (!fits) return no_overload(signature);
    return BoundFunction{map_extract_rows, nullptr};
}

void map_contains_rows(const Call& call) {
    using Text = std::string_view;
    map_rows<bool, Text, Text>(call, [](Text text, Text key, bool& out) {
        const auto map = parse_json(text);
        if (!map || map->kind != JsonKind::object) return Row::failed;
        out = entry_of(*map, key).has_value();
        return Row::value;
    });
}

Result<BoundFunction> bind_map_contains(const Signature& signature) {
    const auto& types = signature.arguments;
    const bool fits = types.size() == 2 && is_text_map(types[0]) &&
                      types[1].id == TypeId::varchar && signature.result.id == TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{map_contains_rows, nullptr};
}

// Elements that are NULL are passed over.
template <class T>
void contains_rows(const Call& call) {
    const frame::Type& type = call.types[1];
    map_rows<bool, std::string_view, T>(call, [&](std::string_view text, T wanted, bool& out) {
        out = false;
        const bool is_read = each_element(text, [&](const JsonValue& element) {
            T value{};
            const Row read = nested_value(call, type, element, value);
            out = read == Row::value && is_equal(value, wanted);
            return read != Row::failed && !out;
        });
        return is_read || out ? Row::value : Row::failed;
    });
}

Result<BoundFunction> bind_list_length(const Signature& signature) {
    const auto& types = signature.arguments;
    if (types.size() != 1 || !is_list(types[0]) || signature.result.id != TypeId::bigint)
        return no_overload(signature);
    return BoundFunction{count_rows, nullptr};
}

Result<BoundFunction> bind_list_contains(const Signature& signature) {
    const auto& types = signature.arguments;
    bool fits = types.size() == 2 && is_list(types[0]) && element_type(types[0]) == types[1] &&
                has_nested_value(types[1]) && !is_nested(types[1]) &&
                signature.result.id == TypeId::boolean;
    if (!fits) return no_overload(signature);
    return BoundFunction{with_storage(storage_of(types[1]),
                                      []<class T>(Tag<T>) -> Kernel { return contains_rows<T>; }),
                         nullptr};
}

}  // namespace

QUERN_ROW_FUNCTION("struct_extract", "A field of a struct: s.a.", "{'a': 1, 'b': 2}.b = 2",
                   bind_extract);
QUERN_ROW_FUNCTION("list_extract", "An element of a list, from 1, or from the end when negative.",
                   "[1, 2, 3][-1] = 3", bind_extract);
QUERN_ROW_FUNCTION("list_length", "How many elements a list has: len and its kin.",
                   "len([1, 2]) = 2", bind_list_length);
QUERN_ROW_FUNCTION("list_contains", "Whether a list has an element.", "list_contains([1, 2], 2)",
                   bind_list_contains);
QUERN_ROW_FUNCTION("map_extract_value", "The value of a key of a map: m['a'].",
                   "map {'a': 1}['b'] is null", bind_map_value);
QUERN_ROW_FUNCTION("map_extract", "The value of a key of a map as a list, empty without it.",
                   "len(map_extract(map {'a': 1}, 'b')) = 0", bind_map_extract);
QUERN_ROW_FUNCTION("map_contains", "Whether a map has a key.", "map_contains(map {'a': 1}, 'a')",
                   bind_map_contains);
QUERN_ROW_FUNCTION("map_keys", "The keys of a map, as a list.", "map_keys(map {'a': 1})[1] = 'a'",
                   bind_side<true>);
QUERN_ROW_FUNCTION("map_values", "The values of a map, as a list.",
                   "map_values(map {'a': 1})[1] = 1", bind_side<false>);
QUERN_ROW_FUNCTION("cardinality", "How many entries a map has.", "cardinality(map {'a': 1}) = 1",
                   bind_cardinality);

}  // namespace quern::score
