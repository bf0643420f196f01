// Casts from and to JSON.
#include "quern/score/functions/cast.h"
#include "quern/score/functions/json.h"
#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"
#include "quern/score/kernel.h"

namespace quern::score {
namespace {

using frame::TypeId;

void check_rows(const Call& call) {
    map_rows<std::string_view, std::string_view>(
        call, [](std::string_view text, std::string_view& out) {
            out = text;
            return parse_json(text) ? Row::value : Row::failed;
        });
}

void same_rows(const Call& call) {
    map_rows<std::string_view, std::string_view>(
        call, [](std::string_view text, std::string_view& out) { out = text; });
}

// Inside of JSON, whole numbers are told from others, and nothing else may stand before a number.
template <class T>
bool parse_strictly(std::string_view text, T& out) {
    if constexpr (kIsInteger<T>) {
        size_t start = text.find_first_not_of(" \t\n\v\f\r");
        if (start == std::string_view::npos || text[start] == '+') return false;
        bool is_hex = text.substr(start).starts_with("0x") || text.substr(start).starts_with("0X");
        if (!is_hex && text.find_first_of("._eE") != std::string_view::npos) return false;
        return parse_integer(text, out);
    } else {
        constexpr std::string_view kSpaces = " \t\n\v\f\r";
        size_t start = text.find_first_not_of(kSpaces);
        if (start == std::string_view::npos || text[start] == '+') return false;
        if (kSpaces.find(text.back()) != std::string_view::npos) return false;
        return text.find('_') == std::string_view::npos && parse_float(text, out);
    }
}

template <class T>
bool number_from(const JsonValue& value, T& out) {
    uint64_t whole = 0;
    int64_t negative = 0;
    double real = 0;
    std::string text;
    switch (value.kind) {
        case JsonKind::boolean:
            out = static_cast<T>(value.text == "true");
            return true;
        case JsonKind::uint64:
            return parse_integer(value.text, whole) && convert_number(whole, out);
        case JsonKind::int64:
            return parse_integer(value.text, negative) && convert_number(negative, out);
        case JsonKind::float64:
            return parse_float(value.text, real) && convert_number(real, out);
        case JsonKind::raw:
        case JsonKind::string:
            if (value.kind == JsonKind::string)
                append_unquoted(text, value);
            else
                text = value.text;
            if constexpr (std::is_same_v<T, bool>)
                return parse_boolean(text, out);
            else
                return parse_strictly(text, out);
        default:
            return false;
    }
}

// Dates and the like come as strings.
template <class T, bool (*parse)(std::string_view, T&)>
bool moment_from(const JsonValue& value, T& out) {
    std::string text;
    if (value.kind != JsonKind::string) return false;
    append_unquoted(text, value);
    return parse(text, out);
}

template <class T, bool (*from)(const JsonValue&, T&)>
void convert_rows(const Call& call) {
    map_rows<T, std::string_view>(call, [](std::string_view text, T& out) {
        auto value = parse_json(text);
        if (!value) return Row::failed;
        if (value->kind == JsonKind::null) return Row::null;
        return from(*value, out) ? Row::value : Row::failed;
    });
}

}  // namespace

Kernel cast_with_json(const frame::Type& from, const frame::Type& to) {
    if (from.id == TypeId::varchar && to == json_type()) return check_rows;
    if (!(from == json_type())) return nullptr;
    if (to.id == TypeId::varchar) return same_rows;
    if (to.id == TypeId::date) return convert_rows<int32_t, moment_from<int32_t, parse_date>>;
    if (to.id == TypeId::timestamp)
        return convert_rows<int64_t, moment_from<int64_t, parse_timestamp>>;
    bool is_number = to.id == TypeId::boolean || to.id == TypeId::real ||
                     to.id == TypeId::float64 || frame::is_integer(to);
    if (!is_number) return nullptr;
    return with_storage(storage_of(to), []<class T>(Tag<T>) -> Kernel {
        if constexpr (kIsInteger<T> || kIsFloat<T> || std::is_same_v<T, bool>)
            return convert_rows<T, number_from<T>>;
        else
            return nullptr;
    });
}

}  // namespace quern::score
