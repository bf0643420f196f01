// JSON in texts, read as DuckDB reads it: besides the standard NaN, Infinity and a comma after the
// last element.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quern::score {

enum class JsonKind : uint8_t {
    null,
    boolean,
    uint64,
    int64,  // negative, or -0
    float64,
    raw,  // a number that none of these holds
    string,
    array,
    object,
};

// A value as it stands in its document, without spaces around it.
struct JsonValue {
    JsonKind kind = JsonKind::null;
    std::string_view text;
};

// The document's value; nothing where it is not well formed. What is deeper than this is not.
constexpr int kJsonDepthMax = 1000;
std::optional<JsonValue> parse_json(std::string_view document);

// One step down: to a key, or to a place in an array.
struct JsonStep {
    std::string key;
    std::optional<int64_t> index;  // counted from the end when negative
    bool is_either = false;        // of a /pointer: a key or a place, as the value is
};
using JsonPath = std::vector<JsonStep>;

// "$.a.b[0]", "$[#-1]", "/a/b/0" or a key alone. Nothing where it is no path to one value.
std::optional<JsonPath> parse_json_path(std::string_view path);

// What the path leads to, of values that parse_json gave.
std::optional<JsonValue> find_json(JsonValue value, const JsonPath& path);
size_t json_array_length(const JsonValue& array);

// Without spaces, as DuckDB writes it.
void append_json(std::string& out, const JsonValue& value);
void append_unquoted(std::string& out, const JsonValue& string);  // what the string says
void append_quoted(std::string& out, std::string_view text);      // the other way
void append_number(std::string& out, double value);

}  // namespace quern::score
