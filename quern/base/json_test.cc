#include "quern/base/json.h"

#include <gtest/gtest.h>

#include <limits>

#include <nlohmann/json.hpp>

namespace quern {
namespace {

TEST(Json, EscapesText) {
    const auto check = [](std::string_view text, std::string_view want) {
        EXPECT_EQ(json_string(text), want);
        EXPECT_TRUE(nlohmann::json::accept(json_string(text)));
    };
    check("plain", "\"plain\"");
    check("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    check("\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"");
    check(std::string_view("\0\x1b\x7f", 3), "\"\\u0000\\u001b\x7f\"");
    check("\xF0\x9F\xA6\x8A", "\"\xF0\x9F\xA6\x8A\"");
    check("a\xFF\xC3", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(Json, WritesNumbersThatReadBack) {
    for (const double value : {0.0, 0.1, -1e-300, 1e22, 123456789.125, 5e-324}) {
        EXPECT_EQ(nlohmann::json::parse(json_number(value)).get<double>(), value)
            << json_number(value);
    }
    EXPECT_EQ(json_number(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(json_number(-std::numeric_limits<double>::infinity()), "null");
}

JsonWriter& write_sample(JsonWriter& json) {
    json.begin_object().field("name", "x").field("is_on", true).field("rows", int64_t{1} << 40);
    json.list("columns", std::vector<std::string>{"a", "b"}).key("none").null();
    json.key("empty").begin_array().end_array().key("nested").begin_object().end_object();
    return json.end_object();
}

TEST(Json, WritesOnOneLine) {
    JsonWriter json;
    EXPECT_EQ(write_sample(json).text(),
              R"({"name": "x", "is_on": true, "rows": 1099511627776, "columns": ["a", "b"], )"
              R"("none": null, "empty": [], "nested": {}})");
}

TEST(Json, WritesIndented) {
    JsonWriter plain, indented(2);
    const std::string text = write_sample(indented).text();
    EXPECT_EQ(nlohmann::json::parse(text), nlohmann::json::parse(write_sample(plain).text()));
    EXPECT_TRUE(text.starts_with("{\n  \"name\": \"x\",\n  \"is_on\": true,\n")) << text;
    EXPECT_NE(text.find("\"empty\": [],\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace quern
