// How a value of a type lies in memory, and the choice of code by it.
#pragma once

#include <cstdint>
#include <string_view>

#include "quern/frame/type.h"

namespace quern::score {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

// Lives only inside of expressions: no column of a frame has this type.
struct Interval {
    int32_t months = 0, days = 0;
    int64_t micros = 0;
    bool operator==(const Interval&) const = default;
};
inline frame::Type interval_type() { return {frame::TypeId::other, 0, 0, "INTERVAL"}; }
// A text that is JSON; neither does any column have this one.
inline frame::Type json_type() { return {frame::TypeId::other, 0, 0, "JSON"}; }
// Lists, structs and maps, "INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", are held as
// JSON too, made by DuckDB's to_json in a table and brought as JSON by a request.
bool is_nested(const frame::Type& type);

enum class Storage : uint8_t {
    boolean,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    i128,
    f32,
    f64,
    text,
    interval,
};

Storage storage_of(const frame::Type& type);
size_t storage_bytes(Storage storage);
// Like Type::text, and knows what only expressions hold.
std::string type_text(const frame::Type& type);

template <class T>
struct Tag {
    using type = T;
};

// Calls f(Tag<C++ type>) for the storage. A boolean's stored type is `bool`, one byte.
template <class F>
auto with_storage(Storage storage, F f) {
    switch (storage) {
        case Storage::boolean:
            return f(Tag<bool>());
        case Storage::i8:
            return f(Tag<int8_t>());
        case Storage::i16:
            return f(Tag<int16_t>());
        case Storage::i32:
            return f(Tag<int32_t>());
        case Storage::i64:
            return f(Tag<int64_t>());
        case Storage::u8:
            return f(Tag<uint8_t>());
        case Storage::u16:
            return f(Tag<uint16_t>());
        case Storage::u32:
            return f(Tag<uint32_t>());
        case Storage::u64:
            return f(Tag<uint64_t>());
        case Storage::i128:
            return f(Tag<int128>());
        case Storage::f32:
            return f(Tag<float>());
        case Storage::f64:
            return f(Tag<double>());
        case Storage::text:
            return f(Tag<std::string_view>());
        case Storage::interval:
            break;
    }
    return f(Tag<Interval>());
}

template <class T>
constexpr bool kIsInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <>
inline constexpr bool kIsInteger<int128> = true;
template <class T>
constexpr bool kIsFloat = std::is_floating_point_v<T>;
template <class T>
constexpr bool kIsText = std::is_same_v<T, std::string_view>;

}  // namespace quern::score
