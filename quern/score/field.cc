#include "quern/score/field.h"

#include <cmath>
#include <cstring>

#include "quern/base/text.h"
#include "quern/score/functions/format.h"
#include "quern/score/functions/number.h"
#include "quern/score/functions/parse.h"
#include "quern/score/storage.h"

namespace quern::score {
namespace {

using frame::TypeId;
using Kind = FieldValue::Kind;

template <class T>
FieldFault put(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof(value));
    return FieldFault::none;
}

FieldFault store_text(const frame::Type& type, std::string_view text, TextArena& texts,
                      std::byte* at) {
    if (type.id != TypeId::blob && !is_utf8(text)) return FieldFault::not_utf8;
    char* copy = texts.allocate(text.size());
    if (copy == nullptr) return FieldFault::too_long;
    text.copy(copy, text.size());
    return put(at, std::string_view(copy, text.size()));
}

template <class T>
FieldFault store_parsed(bool is_parsed, T value, std::byte* at) {
    return is_parsed ? put(at, value) : FieldFault::wrong_type;
}

// SQL's cast rounds '2.5' to an integer; no value of a row is changed like that.
bool has_fraction(std::string_view text) {
    double value = 0;
    return text.find_first_of(".eE") != std::string_view::npos && parse_float(text, value) &&
           std::trunc(value) != value;
}

// A text as the type's value; only for types that JSON has no value of its own for, unless all
// values come as texts.
FieldFault parse_text(const frame::Type& type, std::string_view text, std::byte* at) {
    int64_t micros = 0;
    int32_t days = 0;
    if (type.id == TypeId::date) {
        bool is_parsed = parse_date(text, days);
        return store_parsed(is_parsed, days, at);
    }
    if (type.id == TypeId::timestamp || type.id == TypeId::timestamptz) {
        bool is_parsed = type.id == TypeId::timestamp ? parse_timestamp(text, micros)
                                                      : parse_timestamptz(text, micros);
        return store_parsed(is_parsed, micros, at);
    }
    if (type.id == TypeId::time) {
        bool is_parsed = parse_time(text, micros);
        return store_parsed(is_parsed, micros, at);
    }
    return with_storage(storage_of(type), [&]<class T>(Tag<T>) -> FieldFault {
        if constexpr (std::is_same_v<T, bool>) {
            bool value = false;
            bool is_parsed = parse_boolean(text, value);
            return store_parsed(is_parsed, value, at);
        } else if constexpr (kIsFloat<T>) {
            T value = 0;
            bool is_parsed = parse_float(text, value);
            return store_parsed(is_parsed, value, at);
        } else if constexpr (kIsInteger<T>) {
            T value = 0;
            int128 wide = 0;
            bool is_decimal = type.id == TypeId::decimal;
            bool is_parsed = is_decimal ? parse_decimal(text, type.width, type.scale, wide)
                                        : !has_fraction(text) && parse_integer(text, value);
            return store_parsed(is_parsed, is_decimal ? static_cast<T>(wide) : value, at);
        } else {
            return FieldFault::wrong_type;
        }
    });
}

// Whole numbers may be written as 3 or 3.0, but 3.5 is no integer: nothing is rounded silently.
template <class From>
FieldFault store_number(const frame::Type& type, From value, std::byte* at) {
    if (type.id == TypeId::decimal) {
        char buffer[kValueTextMax];
        std::string_view text;
        if constexpr (kIsFloat<From>)
            text = format_float(value, buffer);
        else
            text = format_integer(static_cast<int128>(value), buffer);
        FieldFault fault = parse_text(type, text, at);
        return fault == FieldFault::none ? fault : FieldFault::out_of_range;
    }
    if (frame::is_temporal(type)) return FieldFault::wrong_type;
    return with_storage(storage_of(type), [&]<class T>(Tag<T>) -> FieldFault {
        if constexpr (kIsFloat<T> || kIsInteger<T>) {
            T number = 0;
            if constexpr (kIsFloat<From> && kIsInteger<T>)
                if (std::trunc(value) != value) return FieldFault::wrong_type;
            return convert_number(value, number) ? put(at, number) : FieldFault::out_of_range;
        } else {
            return FieldFault::wrong_type;
        }
    });
}

bool takes_text(const frame::Type& type) {
    return frame::is_temporal(type) || type.id == TypeId::decimal || type.id == TypeId::hugeint ||
           type.id == TypeId::bigint || type.id == TypeId::ubigint;
}

}  // namespace

FieldFault store_field(const frame::Type& type, const FieldValue& value, bool is_all_text,
                       TextArena& texts, std::byte* at) {
    switch (value.kind) {
        case Kind::null:
            break;
        case Kind::boolean:
            return type.id == TypeId::boolean ? put(at, value.boolean) : FieldFault::wrong_type;
        case Kind::int64:
            return store_number(type, value.int64, at);
        case Kind::uint64:
            return store_number(type, value.uint64, at);
        case Kind::float64:
            return store_number(type, value.float64, at);
        case Kind::text:
            if (frame::is_text(type)) return store_text(type, value.text, texts, at);
            if (is_all_text || takes_text(type)) return parse_text(type, value.text, at);
            break;
        case Kind::json:
            break;
    }
    return FieldFault::wrong_type;
}

FieldFault store_double(const frame::Type& type, double value, std::byte* at) {
    if (type.id == TypeId::date) return put(at, static_cast<int32_t>(std::llround(value)));
    if (frame::is_temporal(type)) return put(at, static_cast<int64_t>(std::llround(value * 1e6)));
    if (type.id == TypeId::boolean) return put(at, value != 0);
    return store_number(type, frame::is_integer(type) ? std::round(value) : value, at);
}

std::string fault_text(FieldFault fault, const frame::Type& type, const std::string& shown) {
    switch (fault) {
        case FieldFault::out_of_range:
            return shown + " is out of the range of " + type.text();
        case FieldFault::not_utf8:
            return "this text is not UTF-8";
        case FieldFault::too_long:
            return "the texts of this request are too long together";
        case FieldFault::none:
        case FieldFault::wrong_type:
            break;
    }
    return shown + " is not a value of type " + type.text();
}

std::string float_text(double value) {
    char buffer[kValueTextMax];
    return std::string(format_float(value, buffer));
}

}  // namespace quern::score
