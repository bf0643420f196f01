#include "quern/score/plan_value.h"

#include <cstring>

#include <nlohmann/json.hpp>

#include "quern/base/text.h"
#include "quern/score/functions/parse.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

using nlohmann::json;

int128 wide_of(const json& value) {
    if (value.is_number_unsigned()) return static_cast<int128>(value.get<uint64_t>());
    if (value.is_number_integer()) return static_cast<int128>(value.get<int64_t>());
    // 128 bits come as two halves.
    int128 upper = value.value("upper", int64_t{0});
    return static_cast<int128>(static_cast<uint128>(upper) << 64 |
                               static_cast<uint128>(value.value("lower", uint64_t{0})));
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

bool put_text(Constant& constant, const json& value) {
    // A text that JSON could not hold comes as base64; no constant of a feature should.
    if (!value.is_string()) return false;
    constant.text = value.get<std::string>();
    return true;
}

}  // namespace

namespace {

// "INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)"; a map is a list of pairs to DuckDB.
std::string nested_text(const std::string& id, const json& info) {
    auto text = [](const json& child) { return type_text(plan_type(child)); };
    if (id == "LIST") return text(info.value("child_type", json())) + "[]";
    const json child = id == "MAP" ? info.value("child_type", json()) : json();
    const json fields = id == "MAP" ? child.value("type_info", json()) : info;
    std::string list;
    for (const json& field : fields.value("child_types", json::array())) {
        if (!list.empty()) list += ", ";
        if (id == "STRUCT") list += quote_identifier(field.value("first", "")) + " ";
        list += text(field.value("second", json()));
    }
    return id + "(" + list + ")";
}

}  // namespace

frame::Type plan_type(const json& type) {
    std::string id = type.is_object() ? type.value("id", "") : "";
    if (id == "DECIMAL") {
        const json& info = type["type_info"];
        frame::Type decimal;
        decimal.id = frame::TypeId::decimal;
        decimal.width = info.value("width", uint8_t{18});
        decimal.scale = info.value("scale", uint8_t{3});
        return decimal;
    }
    bool has_children = id == "LIST" || id == "STRUCT" || id == "MAP";
    if (has_children && type.contains("type_info") && type["type_info"].is_object())
        return {frame::TypeId::other, 0, 0, nested_text(id, type["type_info"])};
    if (id == "NULL") id = "\"NULL\"";
    if (id == "VARCHAR" && type.contains("type_info") && type["type_info"].is_object() &&
        type["type_info"].value("alias", "") == "JSON")
        return json_type();
    return frame::type_from_sql(id);
}

Result<Constant> plan_constant(const json& value) {
    Constant constant;
    constant.type = plan_type(value.is_object() ? value.value("type", json()) : json());
    constant.is_null = !value.is_object() || value.value("is_null", false);
    if (constant.is_null) return constant;
    auto found = value.find("value");
    if (found == value.end()) return unimplemented("a constant without a value");
    Storage storage = storage_of(constant.type);
    if (storage == Storage::text) {
        bool is_plain = constant.type.id == frame::TypeId::varchar || constant.type == json_type();
        if (!is_plain || !put_text(constant, *found))
            return unimplemented("no compiled constant of type " + type_text(constant.type));
        return constant;
    }
    if (storage == Storage::interval) {
        put(constant, Interval{found->value("months", int32_t{0}), found->value("days", int32_t{0}),
                               found->value("micros", int64_t{0})});
        return constant;
    }
    if (storage == Storage::boolean) {
        put(constant, found->is_boolean() && found->get<bool>());
        return constant;
    }
    bool is_number = found->is_number() || found->is_string() || found->contains("lower");
    if (!is_number)
        return unimplemented("no compiled constant of type " + type_text(constant.type));
    with_storage(storage, [&]<class T>(Tag<T>) {
        if constexpr (kIsFloat<T>) put(constant, static_cast<T>(float_of(*found)));
        if constexpr (kIsInteger<T>) put(constant, static_cast<T>(wide_of(*found)));
    });
    return constant;
}

}  // namespace quern::score
