#include "quern/data/reading.h"

#include "quern/score/storage.h"

namespace quern::data {
namespace {

using frame::Type;
using frame::TypeId;

std::string cast_to(std::string_view value, const Type& type) {
    return "cast(" + std::string(value) + " as " + type.text() + ")";
}

// Fails where a fraction would be rounded away. No AND, OR or = here: DuckDB compares every two of
// those in one SELECT, and a file may have thousands of columns.
std::string whole_number_sql(const std::string& value, const Reading& reading) {
    const std::string plain = cast_to(value, reading.to);
    if (frame::is_integer(reading.from) || reading.from.id == TypeId::boolean) return plain;
    const std::string text = reading.from.id == TypeId::varchar ? value : value + "::varchar";
    // "2.0" loses its zeros; any point or negative exponent left makes the cast fail.
    const std::string checked =
        cast_to("replace(replace(lower(regexp_replace(" + text +
                    ", '\\.0*\\s*$', '')), '.', ' is not whole'), 'e-', ' is not whole')",
                reading.to);
    const auto has = [&](const char* c) { return "contains(" + text + ", '" + c + "')"; };
    return "case when greatest(" + has(".") + ", " + has("e") + ", " + has("E") + ") then " +
           checked + " else " + plain + " end";
}

// DuckDB reads a number with a point as a double, which beyond 2^53 may have lost its last digit.
std::string exact_text_sql(const std::string& json, const std::string& text) {
    return "(case when contains(json_type(" + json +
           "), 'DOUBLE') then case when contains((9007199254740991 - abs(" + text +
           "::double))::varchar, '-') then " + text + " || ' is not exact' else " + text +
           " end else " + text + " end)";
}

bool is_number(const Type& type) {
    return type.id == TypeId::bigint || type.id == TypeId::float64 || frame::is_numeric(type);
}

}  // namespace

std::string cast_sql(std::string_view column, const Reading& reading) {
    std::string value(column);
    if (reading.from == reading.to) return value;
    if (reading.from.sql_name == "JSON" && reading.to.id != TypeId::other) {
        Reading as_text = reading;
        as_text.from = {.id = TypeId::varchar};
        const std::string text = "(" + value + " ->> '$')";
        const bool is_whole = frame::is_integer(reading.to) || reading.to.id == TypeId::hugeint;
        return cast_sql(is_whole ? exact_text_sql(value, text) : text, as_text);
    }
    if (reading.to.id == TypeId::varchar && score::is_nested(reading.from))
        return "to_json(" + value + ")::varchar";  // the text that lists, structs and maps are
    const bool is_from_text = reading.from.id == TypeId::varchar;
    if (is_from_text && !reading.format.empty() && frame::is_temporal(reading.to)) {
        std::string format;
        for (const char c : reading.format) format += c == '\'' ? "''" : std::string(1, c);
        return cast_to("strptime(trim(" + value + "), '" + format + "')", reading.to);
    }
    if (is_from_text && reading.has_decimal_comma && frame::is_numeric(reading.to)) {
        value = "replace(" + value + ", ',', '.')";
    }
    if (frame::is_integer(reading.to) || reading.to.id == TypeId::hugeint) {
        return whole_number_sql(value, reading);
    }
    return cast_to(value, reading.to);
}

std::string misfit_sql(std::string_view column, const Reading& reading) {
    if (reading.from == reading.to || reading.to.id == TypeId::varchar) return "false";
    return "case when " + std::string(column) + " is null then false else try(" +
           cast_sql(column, reading) + ") is null end";
}

Type common_type(const Type& a, const Type& b) {
    if (a == b) return a;
    if (is_number(a) && is_number(b)) {
        const bool are_whole = frame::is_integer(a) && frame::is_integer(b);
        return {.id = are_whole ? TypeId::bigint : TypeId::float64};
    }
    const auto is_day_or_moment = [](const Type& type) {
        return type.id == TypeId::date || type.id == TypeId::timestamp;
    };
    if (is_day_or_moment(a) && is_day_or_moment(b)) return {.id = TypeId::timestamp};
    return {.id = TypeId::varchar};
}

}  // namespace quern::data
