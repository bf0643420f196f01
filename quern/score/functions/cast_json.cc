// Casts from and to JSON.
#include "quern/score/functions/cast.h"
#include "quern/score/functions/json_convert.h"
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
    if (from.id == TypeId::varchar && (to == json_type() || is_nested(to))) return check_rows;
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
