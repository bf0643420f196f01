#include "quern/data/message.h"

#include <gtest/gtest.h>

namespace quern::data {
namespace {

void check(const MessageFormat& format, std::string_view value, const std::string& line,
           const std::string& reason = "") {
    auto reader = MessageReader::create(format);
    ASSERT_TRUE(reader.ok()) << reader.status().text();
    std::string got = "before\n{\"o\":1";
    EXPECT_EQ(reader->add(got, 7, value), reason) << value;
    EXPECT_EQ(got, "before\n" + line) << value;
}

TEST(Message, ValuesBecomeFields) {
    check({.name = "json"}, R"({"a":2})", R"({"o":1,"a":2})");
    check({.name = "json"}, "[1,\n2]", "[1,\t2]");
    check({.name = "json"}, " \n", " \t\"\"");  // no blank line, which would be passed over
    check({.name = "text"}, "say \"hi\"\n", R"({"o":1,"value":"say \"hi\"\n"})");
    const MessageFormat csv{.name = "csv", .names = {"a", "b"}, .delimiter = ";"};
    check(csv, "1;\"x;y\"\r\n", R"({"o":1,"a":1,"b":"x;y"})");
    check(csv, "01;", R"({"o":1,"a":"01","b":null})");
    check(csv, "1", "\"\"", "1 field, expected 2");
    check(csv, "1;2;3", "\"\"", "3 fields, expected 2");
}

TEST(Message, AvroByASchemaOfTheProject) {
    const MessageFormat avro{.name = "avro",
                             .schema = R"({"type": "record", "name": "r", "fields": [
                                 {"name": "a", "type": "long"}, {"name": "b", "type": "string"}]})",
                             .skip_bytes = 2};
    check(avro, std::string_view("\0\7\x06\4hi", 6), R"({"o":1,"a": 3, "b": "hi"})");
    auto reader = MessageReader::create(avro);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(reader->columns().size(), 2U);
    for (const std::string_view bad : {std::string_view("\0\7\x06\4h", 5),
                                       std::string_view("\0\7\x06\4hi!", 7), std::string_view()}) {
        std::string line = "{";
        EXPECT_NE(reader->add(line, 0, bad), "");
        EXPECT_EQ(line, "\"\"");
    }
}

TEST(Message, RefusesWhatDoesNotGoTogether) {
    EXPECT_FALSE(MessageReader::create({.name = "csv"}).ok());
    EXPECT_FALSE(MessageReader::create({.name = "json", .names = {"a"}}).ok());
    EXPECT_FALSE(MessageReader::create({.name = "json", .schema = "{}"}).ok());
    EXPECT_FALSE(MessageReader::create({.name = "avro"}).ok());
    EXPECT_FALSE(MessageReader::create({.name = "avro", .schema = "\"long\""}).ok());
    EXPECT_FALSE(MessageReader::create({.name = "csv", .names = {"a"}, .delimiter = ""}).ok());
}

}  // namespace
}  // namespace quern::data
