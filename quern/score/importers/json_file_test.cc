#include "quern/score/importers/json_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace quern::score {
namespace {

std::string bytes(const char* text, size_t size) { return std::string(text, size); }

TEST(JsonFile, reads_ubjson_of_every_kind) {
    const auto check = [](const std::string& ubjson, const std::string& want) {
        const auto read = parse_ubjson(ubjson);
        ASSERT_TRUE(read.ok()) << read.status().text() << want;
        EXPECT_EQ(read->dump(), want);
    };
    check("{}", "{}");
    check("[]", "[]");
    check("[ZTFi\x81U\xffN]", "[null,true,false,-127,255]");
    check(bytes("[I\xff\xfel\0\0\1\0L\0\0\0\0\0\0\0\7]", 19), "[-2,256,7]");
    check(bytes("[d\x3f\xc0\0\0D\x3f\xf8\0\0\0\0\0\0]", 16), "[1.5,1.5]");
    check("[Si\3abcCx]", "[\"abc\",\"x\"]");
    check(bytes("[$U#i\3\1\2\3", 9), "[1,2,3]");
    check("[#i\2TF", "[true,false]");
    check("{i\1a[]i\1b{}}", "{\"a\":[],\"b\":{}}");
    check("{#i\1i\1aT", "{\"a\":true}");
}

TEST(JsonFile, tells_which_field_is_not_what_it_must_be) {
    const auto document = parse_json(R"({"a": [1, 2.5, "x"], "b": [true, 3], "c": "t"})");
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(integers_field(*document, "b", 2).value(), (std::vector<int64_t>{1, 3}));
    for (const Status& status :
         {numbers_field(*document, "a", 3).status(), numbers_field(*document, "c", 3).status(),
          integers_field(*document, "b", 1).status(), field(*document, "d").status()})
        EXPECT_EQ(status.code(), Code::corrupt) << status.text();
}

}  // namespace
}  // namespace quern::score
