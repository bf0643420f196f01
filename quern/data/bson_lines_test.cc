#include "quern/data/bson_lines.h"

#include <gtest/gtest.h>

namespace quern::data {
namespace {

// The line that a document becomes, and the types that are known of its columns.
std::string line_of(const std::string& json, std::string* types = nullptr) {
    bson_error_t error;
    bson_t* document =
        bson_new_from_json(reinterpret_cast<const uint8_t*>(json.data()), -1, &error);
    EXPECT_NE(document, nullptr) << error.message;
    BsonLines lines;
    std::string line;
    lines.append(*document, line);
    bson_destroy(document);
    for (const auto& column : lines.columns()) {
        if (types != nullptr) *types += column.name + " " + column.type.text() + ";";
    }
    return line;
}

TEST(BsonLines, ValuesKeepWhatTheyAre) {
    const auto check = [](const std::string& value, const std::string& line,
                          const std::string& type) {
        std::string types;
        EXPECT_EQ(line_of("{\"a\": " + value + "}", &types), "{\"a\":" + line + "}");
        EXPECT_EQ(types, type.empty() ? "" : "a " + type + ";") << value;
    };
    check("1", "1", "");
    check("{\"$numberLong\": \"4611686018427387904\"}", "4611686018427387904", "");
    check("{\"$numberDouble\": \"5.0\"}", "5.0", "DOUBLE");
    check("{\"$numberDouble\": \"-Infinity\"}", "\"-Infinity\"", "DOUBLE");
    check("{\"$numberDecimal\": \"-12.50\"}", "\"-12.50\"", "DECIMAL(38,2)");
    check("{\"$numberDecimal\": \"1E+40\"}", "\"1E+40\"", "VARCHAR");
    check("{\"$oid\": \"65e1a0000000000000000001\"}", "\"65e1a0000000000000000001\"", "VARCHAR");
    check("{\"$date\": {\"$numberLong\": \"1500\"}}", "\"1970-01-01 00:00:01.5+00\"",
          "TIMESTAMP WITH TIME ZONE");
    check("{\"$binary\": {\"base64\": \"AP8=\", \"subType\": \"00\"}}", "\"00ff\"", "VARCHAR");
    check("\"2026-03-01\"", "\"2026-03-01\"", "VARCHAR");  // a text that looks like a date
    check("null", "null", "");
    check("{\"b\": [1, {\"c\": true}], \"d\": {}}", "{\"b\":[1,{\"c\":true}],\"d\":{}}", "");
}

}  // namespace
}  // namespace quern::data
