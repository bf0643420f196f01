// Access to JSON in texts, by a constant path.
#include "quern/score/functions/json.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

bool is_json(const frame::Type& type) { return type == json_type(); }

struct Prepared {
    JsonPath path;
};

// Where the path leads; a text that is no JSON fails its row.
struct Found {
    Row row = Row::failed;
    JsonValue value;
};
Found find_value(const Call& call, std::string_view text) {
    auto document = parse_json(text);
    if (!document) return {};
    auto found = find_json(*document, static_cast<const Prepared*>(call.prepared)->path);
    if (!found) return {Row::null, {}};
    return {Row::value, *found};
}

// value_of(call, value, out) for what is found.
template <class Out, auto value_of>
void value_rows(const Call& call) {
    Call texts{call.arguments.first(1), call.types.first(1), call.result, call.out,
               call.row_count,          call.prepared,       call.texts};
    map_rows<Out, std::string_view>(texts, [&](std::string_view text, Out& out) {
        Found found = find_value(call, text);
        return found.row == Row::value ? value_of(call, found.value, out) : found.row;
    });
}

Row json_of(const Call& call, const JsonValue& value, std::string_view& out) {
    std::string text;
    append_json(text, value);
    return keep_text(call, text, out);
}

Row text_of(const Call& call, const JsonValue& value, std::string_view& out) {
    if (value.kind == JsonKind::null) return Row::null;
    if (value.kind != JsonKind::string) return json_of(call, value, out);
    std::string text;
    append_unquoted(text, value);
    return keep_text(call, text, out);
}

Row plain_of(const Call& call, const JsonValue& value, std::string_view& out) {
    if (value.kind == JsonKind::null || value.kind >= JsonKind::array) return Row::null;
    return json_of(call, value, out);
}

Row type_of(const Call&, const JsonValue& value, std::string_view& out) {
    constexpr std::string_view kNames[] = {"NULL",   "BOOLEAN", "UBIGINT", "BIGINT", "DOUBLE",
                                           "DOUBLE", "VARCHAR", "ARRAY",   "OBJECT"};
    out = kNames[static_cast<size_t>(value.kind)];
    return Row::value;
}

Row length_of(const Call&, const JsonValue& value, uint64_t& out) {
    out = json_array_length(value);
    return Row::value;
}

void exists_rows(const Call& call) {
    Call texts{call.arguments.first(1), call.types.first(1), call.result, call.out,
               call.row_count,          call.prepared,       call.texts};
    map_rows<bool, std::string_view>(texts, [&](std::string_view text, bool& out) {
        Found found = find_value(call, text);
        out = found.row == Row::value;
        return found.row == Row::failed ? Row::failed : Row::value;
    });
}

void valid_rows(const Call& call) {
    map_rows<bool, std::string_view>(
        call, [](std::string_view text, bool& out) { out = parse_json(text).has_value(); });
}

Result<JsonPath> constant_path(const Signature& signature) {
    const Constant* constant = signature.constants[1];
    if (constant == nullptr || constant->is_null)
        return unimplemented("the path must be a constant");
    auto path =
        constant->type.id == TypeId::bigint
            ? parse_json_path("$[" + std::to_string(*constant_value<int64_t>(signature, 1)) + "]")
            : parse_json_path(constant->text);
    if (!path) return unimplemented("no compiled form for the path '" + constant->text + "'");
    return *path;
}

// With a path, or without one where `min_arguments` says so.
Result<BoundFunction> bind_json(const Signature& signature, Kernel kernel,
                                const frame::Type& result, size_t min_arguments) {
    const auto& types = signature.arguments;
    bool has_text = !types.empty() && (types[0].id == TypeId::varchar || is_json(types[0]));
    if (!has_text || types.size() < min_arguments || types.size() > 2 ||
        !(signature.result == result))
        return no_overload(signature);
    auto prepared = std::make_shared<Prepared>();
    if (types.size() == 2) {
        if (types[1].id != TypeId::varchar && types[1].id != TypeId::bigint)
            return no_overload(signature);
        prepared->path = TRY(constant_path(signature));
    }
    return BoundFunction{kernel, prepared};
}

frame::Type varchar() { return frame::Type{TypeId::varchar, 0, 0, ""}; }

Result<BoundFunction> bind_extract(const Signature& signature) {
    return bind_json(signature, value_rows<std::string_view, json_of>, json_type(), 2);
}
Result<BoundFunction> bind_extract_text(const Signature& signature) {
    return bind_json(signature, value_rows<std::string_view, text_of>, varchar(), 2);
}
Result<BoundFunction> bind_value(const Signature& signature) {
    return bind_json(signature, value_rows<std::string_view, plain_of>, varchar(), 2);
}
Result<BoundFunction> bind_type(const Signature& signature) {
    return bind_json(signature, value_rows<std::string_view, type_of>, varchar(), 1);
}
Result<BoundFunction> bind_length(const Signature& signature) {
    return bind_json(signature, value_rows<uint64_t, length_of>, {TypeId::ubigint, 0, 0, ""}, 1);
}
Result<BoundFunction> bind_exists(const Signature& signature) {
    return bind_json(signature, exists_rows, {TypeId::boolean, 0, 0, ""}, 2);
}
Result<BoundFunction> bind_valid(const Signature& signature) {
    if (signature.arguments.size() != 1) return no_overload(signature);
    return bind_json(signature, valid_rows, {TypeId::boolean, 0, 0, ""}, 1);
}

}  // namespace

QUERN_ROW_FUNCTION("json_extract",
                   "-> : the JSON at a path of a JSON text; NULL when there is none.",
                   R"(('{"a": [1, 2]}' -> '$.a[1]')::int = 2)", bind_extract);
QUERN_ROW_FUNCTION("json_extract_path", "The same as json_extract.",
                   R"(json_extract_path('{"a": 1}', 'a')::varchar = '1')", bind_extract);
QUERN_ROW_FUNCTION("->>", "What stands at a path of a JSON text, as text; of null it is NULL.",
                   R"(('{"a": {"b": "x"}}' ->> '$.a.b') = 'x')", bind_extract_text);
QUERN_ROW_FUNCTION("json_extract_string", "The same as ->>.",
                   R"(json_extract_string('{"a": "x"}', 'a') = 'x')", bind_extract_text);
QUERN_ROW_FUNCTION("json_extract_path_text", "The same as ->>.",
                   R"(json_extract_path_text('{"a": "x"}', 'a') = 'x')", bind_extract_text);
QUERN_ROW_FUNCTION("json_value", "The JSON at a path where it is no array or object; else NULL.",
                   R"(json_value('{"a": [1]}', 'a') is null)", bind_value);
QUERN_ROW_FUNCTION("json_type", "The type of a JSON text, or of what stands at a path of it.",
                   "json_type('[1]') = 'ARRAY'", bind_type);
QUERN_ROW_FUNCTION("json_array_length", "How many elements an array has; of other JSON 0.",
                   "json_array_length('[1, 2]') = 2", bind_length);
QUERN_ROW_FUNCTION("json_exists", "Whether a JSON text has the path.",
                   R"(json_exists('{"a": null}', 'a'))", bind_exists);
QUERN_ROW_FUNCTION("json_valid", "Whether a text is JSON.", "not json_valid('{')", bind_valid);

}  // namespace quern::score
