#include "quern/score/functions/nested_type.h"

#include <bit>
#include <cmath>

#include "quern/score/functions/nested_value.h"
#include "quern/score/verify.h"

namespace quern::score {
namespace {

// The parts between commas that stand in no parentheses and no quotes.
std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    int depth = 0;
    bool is_quoted = false;
    size_t begin = 0;
    for (size_t at = 0; at < list.size(); ++at) {
        const char c = list[at];
        if (c == '"') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c != ',' || depth > 0) continue;
        parts.push_back(list.substr(begin, at - begin));
        begin = std::min(list.find_first_not_of(' ', at + 1), list.size());
    }
    if (begin < list.size()) parts.push_back(list.substr(begin));
    return parts;
}

// Takes a field's name off its front: "in" INTEGER.
std::string take_name(std::string_view& field) {
    std::string name;
    size_t at = 0;
    if (!field.starts_with('"')) {
        at = std::min(field.find(' '), field.size());
        name = field.substr(0, at);
    } else {
        for (at = 1; at < field.size(); ++at) {
            if (field[at] == '"' && (at + 1 == field.size() || field[++at] != '"')) break;
            name += field[at];
        }
    }
    field.remove_prefix(std::min(field.find_first_not_of(' ', at), field.size()));
    return name;
}

NestedType read_type(std::string_view name, int depth) {
    constexpr int kDepthMax = 100;
    NestedType read{frame::type_from_sql(name), {}, {}};
    if (depth > kDepthMax) return read;
    const auto add = [&](std::string_view child) {
        read.children.push_back(read_type(child, depth + 1));
    };
    if (is_list(read.type)) {
        add(name.substr(0, name.size() - 2));
    } else if (is_struct(read.type) || is_map(read.type)) {
        const size_t open = name.find('(') + 1;
        for (std::string_view part : parts_of(name.substr(open, name.size() - open - 1))) {
            if (is_struct(read.type)) read.names.push_back(take_name(part));
            add(part);
        }
    }
    return read;
}

constexpr char kEnd = 0, kValue = 1, kNull = 2;

// The highest byte first, so that bytes order as numbers do.
template <class T>
void append_bytes(std::string& out, T bits) {
    for (size_t i = sizeof(T); i-- > 0;) out += static_cast<char>(bits >> (8 * i) & 0xff);
}

void append_number_key(std::string& out, double value) {
    constexpr uint64_t kSign = uint64_t{1} << 63;
    if (value == 0) value = 0;  // not -0.0
    auto bits = std::bit_cast<uint64_t>(value);
    if (std::isnan(value)) bits = kSign - 1;  // after all others
    append_bytes(out, (bits & kSign) != 0 ? ~bits : bits | kSign);
}

void append_text_key(std::string& out, std::string_view text) {
    for (const char c : text) {
        out += c;
        if (c == 0) out += '\xff';
    }
    out += std::string_view("\0\0", 2);
}

template <class T>
bool append_plain(std::string& out, const Call& call, const frame::Type& type,
                  const JsonValue& json) {
    T value{};
    if (nested_value(call, type, json, value) != Row::value) return false;
    if constexpr (kIsText<T>) {
        append_text_key(out, value);
    } else if constexpr (kIsFloat<T>) {
        append_number_key(out, static_cast<double>(value));
    } else if constexpr (kIsInteger<T> || std::is_same_v<T, bool>) {
        append_bytes(out, static_cast<uint128>(value) + (uint128{1} << 127));
    } else {
        return false;
    }
    return true;
}

}  // namespace

bool is_list(const frame::Type& type) { return is_nested(type) && type.sql_name.ends_with(']'); }
bool is_struct(const frame::Type& type) {
    return is_nested(type) && type.sql_name.starts_with("STRUCT(") && !is_list(type);
}
bool is_map(const frame::Type& type) {
    return is_nested(type) && type.sql_name.starts_with("MAP(") && !is_list(type);
}

NestedType nested_type(const frame::Type& type) {
    return is_nested(type) ? read_type(type.sql_name, 0) : NestedType{type, {}, {}};
}

bool append_order_key(std::string& out, const Call& call, const NestedType& type,
                      const JsonValue& value) {
    if (value.kind == JsonKind::null) {
        out += kNull;
        return true;
    }
    out += kValue;
    bool is_read = true;
    if (type.children.empty()) {
        with_storage(storage_of(type.type), [&]<class T>(Tag<T>) {
            is_read = append_plain<T>(out, call, type.type, value);
        });
        return is_read;
    }
    const bool has_keys = !is_list(type.type);
    if (value.kind != (has_keys ? JsonKind::object : JsonKind::array)) return false;
    size_t field = 0;
    each_json(value, [&](const JsonValue& key, const JsonValue& child) {
        const bool has_fields = is_struct(type.type);
        if (has_fields && field == type.children.size()) return is_read = false;
        if (is_map(type.type)) is_read = append_order_key(out, call, type.children[0], key);
        const NestedType& of = has_fields ? type.children[field] : type.children.back();
        ++field;
        return is_read = is_read && append_order_key(out, call, of, child);
    });
    if (is_struct(type.type)) return is_read && field == type.children.size();
    out += kEnd;
    return is_read;
}

}  // namespace quern::score
