#include "quern/score/functions/nested_value.h"

#include "quern/score/functions/format.h"

namespace quern::score {
namespace {

using frame::TypeId;

template <class T>
void append_value(std::string& out, const frame::Type& type, const T& value) {
    char buffer[kValueTextMax];
    if constexpr (kIsText<T>) {
        if (is_nested(type))
            out += value;
        else
            append_quoted(out, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (kIsFloat<T>) {
        append_number(out, static_cast<double>(value));
    } else if constexpr (kIsInteger<T>) {
        auto wide = static_cast<int128>(value);
        if (type.id == TypeId::decimal)
            out += format_decimal(wide, type.width, type.scale, buffer);
        else if (!frame::is_temporal(type))
            out += format_integer(wide, buffer);
        else if (type.id == TypeId::date)
            append_quoted(out, format_date(static_cast<int32_t>(value), buffer));
        else if (type.id == TypeId::time)
            append_quoted(out, format_time(static_cast<int64_t>(value), buffer));
        else if (type.id == TypeId::timestamp)
            append_quoted(out, format_timestamp(static_cast<int64_t>(value), buffer));
        else
            append_quoted(out, format_timestamptz(static_cast<int64_t>(value), buffer));
    }
}

}  // namespace

frame::Type element_type(const frame::Type& list) {
    std::string_view name = list.sql_name;
    return frame::type_from_sql(name.substr(0, name.size() - 2));
}

bool has_nested_value(const frame::Type& type) {
    return is_nested(type) || (type.id != TypeId::blob && type.id != TypeId::other);
}

void append_row(std::string& out, const frame::Type& type, const Vector& column, size_t row) {
    if (!column.is_valid(row)) {
        out += "null";
        return;
    }
    with_storage(storage_of(type),
                 [&]<class T>(Tag<T>) { append_value(out, type, column.values<T>()[row]); });
}

bool elements_of(std::string_view list, std::vector<JsonValue>& out) {
    return each_element(list, [&out](const JsonValue& element) {
        out.push_back(element);
        return true;
    });
}

}  // namespace quern::score
