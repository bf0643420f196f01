#include "quern/score/plan_value.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/functions/parse.h"
#include "quern/score/plan_json.h"
#include "quern/score/storage.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

constexpr int kTypeDepthMax = 100;

int128 wide_of(const json& value) {
    if (value.is_number_unsigned()) return static_cast<int128>(value.get<uint64_t>());
    if (value.is_number_integer()) return static_cast<int128>(value.get<int64_t>());
    // 128 bits come as two halves.
    return static_cast<int128>(static_cast<uint128>(integer(value, "upper")) << 64 |
                               static_cast<uint64_t>(integer(value, "lower")));
}

double float_of(const json& value) {
    double number = 0;
    if (value.is_number()) return value.get<double>();
    // Infinities and NaN are texts.
    if (value.is_string()) parse_float(value.get_ref<const std::string&>(), number);
    return number;
}

template <class T>
void put(Constant& constant, T value) {
    std::memcpy(constant.bits.data(), &value, sizeof(value));
}

frame::Type decimal_type(const json& info) {
    const int64_t width = integer(info, "width"), scale = integer(info, "scale");
    if (width < 1 || width > 38 || scale < 0 || scale > width)
        return frame::type_from_sql("UNKNOWN");
    return {frame::TypeId::decimal, static_cast<uint8_t>(width), static_cast<uint8_t>(scale), ""};
}

frame::Type type_of(const json& type, int depth);

// "INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)"; a map is a list of pairs to DuckDB.
std::string nested_text(std::string_view id, const json& info, int depth) {
    const auto child_text = [&](const json& child) { return type_text(type_of(child, depth + 1)); };
    if (id == "LIST") return child_text(member(info, "child_type")) + "[]";
    const json& fields = id == "MAP" ? member(member(info, "child_type"), "type_info") : info;
    std::string texts;
    for (const json& field : list(fields, "child_types")) {
        if (!texts.empty()) texts += ", ";
        if (id == "STRUCT") texts += quote_identifier(text(field, "first")) + " ";
        texts += child_text(member(field, "second"));
    }
    return std::string(id) + "(" + texts + ")";
}

frame::Type type_of(const json& type, int depth) {
    const std::string_view id = text(type, "id");
    const json& info = member(type, "type_info");
    if (id == "DECIMAL") return decimal_type(info);
    const bool has_children = id == "LIST" || id == "STRUCT" || id == "MAP";
    if (depth > kTypeDepthMax) return frame::type_from_sql("UNKNOWN");
    if (has_children && info.is_object())
        return {frame::TypeId::other, 0, 0, nested_text(id, info, depth)};
    if (id == "VARCHAR" && text(info, "alias") == "JSON") return json_type();
    return frame::type_from_sql(id == "NULL" ? "\"NULL\"" : id);
}

// Of a type that is not text; false: the value is none of it.
bool put_value(Constant& constant, const json& value) {
    const Storage storage = storage_of(constant.type);
    if (storage == Storage::interval) {
        put(constant,
            Interval{static_cast<int32_t>(integer(value, "months")),
                     static_cast<int32_t>(integer(value, "days")), integer(value, "micros")});
        return true;
    }
    if (storage == Storage::boolean) {
        put(constant, value == json(true));
        return true;
    }
    const bool is_number =
        value.is_number() || value.is_string() || !member(value, "lower").empty();
    if (!is_number) return false;
    with_storage(storage, [&]<class T>(Tag<T>) {
        if constexpr (kIsFloat<T>) put(constant, static_cast<T>(float_of(value)));
        if constexpr (kIsInteger<T>) put(constant, static_cast<T>(wide_of(value)));
    });
    return true;
}

}  // namespace

frame::Type plan_type(const json& type) { return type_of(type, 0); }

Result<Constant> plan_constant(const json& node) {
    Constant constant;
    constant.type = plan_type(member(node, "type"));
    constant.is_null = !node.is_object() || member(node, "is_null") == json(true);
    if (constant.is_null) return constant;
    const json& value = member(node, "value");
    if (value.is_null()) return unimplemented("a constant without a value");
    bool is_known = true;
    if (storage_of(constant.type) == Storage::text) {
        const bool is_plain =
            constant.type.id == frame::TypeId::varchar || constant.type == json_type();
        // A text that JSON could not hold comes as base64; no constant of a feature should.
        is_known = is_plain && value.is_string();
        constant.text = text(node, "value");
    } else {
        is_known = put_value(constant, value);
    }
    if (!is_known) return unimplemented("no compiled constant of type " + type_text(constant.type));
    TRY(verify_constant(constant));
    return constant;
}

}  // namespace quern::score
