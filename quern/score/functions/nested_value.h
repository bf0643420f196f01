// Between SQL's values and the JSON that lists, structs and maps are held as.
#pragma once

#include "quern/score/functions/json_convert.h"
#include "quern/score/functions/json_scan.h"
#include "quern/score/kernel.h"

namespace quern::score {

frame::Type element_type(const frame::Type& list);
// Whether values of the type are read from and written to JSON.
bool has_nested_value(const frame::Type& type);

template <class T>
bool moment_of_json(const frame::Type& type, const JsonValue& value, T& out) {
    using frame::TypeId;
    if constexpr (sizeof(T) == 4) {
        return moment_from<int32_t, parse_date>(value, out);
    } else {
        if (type.id == TypeId::time) return moment_from<int64_t, parse_time>(value, out);
        if (type.id == TypeId::timestamp) return moment_from<int64_t, parse_timestamp>(value, out);
        return moment_from<int64_t, parse_timestamptz>(value, out);
    }
}

// What no value of the type is fails.
template <class T>
Row nested_value(const Call& call, const frame::Type& type, const JsonValue& value, T& out) {
    if (value.kind == JsonKind::null) return Row::null;
    bool is_value = false;
    if constexpr (kIsText<T>) {
        out = value.text;
        if (is_nested(type)) return value.kind >= JsonKind::array ? Row::value : Row::failed;
        if (value.kind != JsonKind::string) return Row::failed;
        std::string text;
        append_unquoted(text, value);
        return keep_text(call, text, out);
    } else if constexpr (std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t>) {
        if (frame::is_temporal(type))
            return moment_of_json(type, value, out) ? Row::value : Row::failed;
    }
    if constexpr (kIsInteger<T> || kIsFloat<T> || std::is_same_v<T, bool>) {
        bool is_number = value.kind >= JsonKind::uint64 && value.kind <= JsonKind::raw;
        if (type.id == frame::TypeId::decimal) {
            int128 wide = 0;
            is_value = is_number && parse_decimal(value.text, type.width, type.scale, wide);
            out = static_cast<T>(wide);
        } else if (std::is_same_v<T, bool> ? value.kind == JsonKind::boolean : is_number) {
            is_value = number_from(value, out);
        }
    }
    return is_value ? Row::value : Row::failed;
}

// Calls each(element) for the elements of a list until it says false. False as well for what is no
// list.
template <class Each>
bool each_element(std::string_view list, const Each& each) {
    const auto value = parse_json(list);
    if (!value || value->kind != JsonKind::array) return false;
    bool is_good = true;
    each_json(*value, [&](const JsonValue&, const JsonValue& element) {
        is_good = each(element);
        return is_good;
    });
    return is_good;
}
// Behind what `out` holds.
bool elements_of(std::string_view list, std::vector<JsonValue>& out);

// Row `row` of the column as JSON.
void append_row(std::string& out, const frame::Type& type, const Vector& column, size_t row);

}  // namespace quern::score
