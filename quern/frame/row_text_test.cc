#include "quern/frame/row_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace quern::frame {
namespace {

Batch example() {
    Batch batch;
    batch.schema = {{"n", type_from_sql("DECIMAL(20,2)")},
                    {"text, \"odd\"", type_from_sql("VARCHAR")},
                    {"x", type_from_sql("DOUBLE")}};
    for (const auto& column : batch.schema) batch.columns.emplace_back(column.type);
    batch.columns[0].append(int128{123456789012345678});
    batch.columns[1].append_text("a \"b\",\nc");
    batch.columns[2].append(0.1);
    batch.columns[0].append_null();
    batch.columns[1].append_text("");
    batch.columns[2].append(std::numeric_limits<double>::infinity());
    batch.columns[0].append(int128{-5});
    batch.columns[1].append_null();
    batch.columns[2].append_null();
    batch.row_count = 3;
    return batch;
}

std::string written(const Batch& batch, RowFormat format) {
    std::string out;
    RowWriter writer(batch.schema, format, [&](std::string_view bytes) -> Status {
        out += bytes;
        return {};
    });
    EXPECT_TRUE(writer.write(batch).ok());
    EXPECT_TRUE(writer.finish().ok());
    return out;
}

TEST(RowText, WritesEachFormat) {
    const Batch batch = example();
    EXPECT_EQ(written(batch, RowFormat::csv),
              "n,\"text, \"\"odd\"\"\",x\n"
              "1234567890123456.78,\"a \"\"b\"\",\nc\",0.1\n"
              ",\"\",inf\n"
              "-0.05,,\n");
    EXPECT_EQ(
        written(batch, RowFormat::ndjson),
        "{\"n\": 1234567890123456.78, \"text, \\\"odd\\\"\": \"a \\\"b\\\",\\nc\", \"x\": 0.1}\n"
        "{\"n\": null, \"text, \\\"odd\\\"\": \"\", \"x\": null}\n"
        "{\"n\": -0.05, \"text, \\\"odd\\\"\": null, \"x\": null}\n");
    const std::string json = written(batch, RowFormat::json);
    EXPECT_TRUE(json.starts_with("[\n {\"n\": 1234567890123456.78")) << json;
    EXPECT_TRUE(json.ends_with("null}\n]\n")) << json;
}

TEST(RowText, WritesWhatIsEmpty) {
    Batch batch = example();
    batch.columns.clear();
    for (const auto& column : batch.schema) batch.columns.emplace_back(column.type);
    batch.row_count = 0;
    EXPECT_EQ(written(batch, RowFormat::csv), "n,\"text, \"\"odd\"\"\",x\n");
    EXPECT_EQ(written(batch, RowFormat::json), "[]\n");
    EXPECT_EQ(written(batch, RowFormat::ndjson), "");
}

TEST(RowText, KeepsEqualNamesApartInJson) {
    Batch batch;
    const Type integer = type_from_sql("INTEGER");
    batch.schema = {{"a", integer}, {"a", integer}, {"a_1", integer}};
    for (int i = 0; i < 3; ++i) {
        batch.columns.emplace_back(integer);
        batch.columns.back().append(int32_t{i});
    }
    batch.row_count = 1;
    EXPECT_EQ(written(batch, RowFormat::ndjson), "{\"a\": 0, \"a_2\": 1, \"a_1\": 2}\n");
    EXPECT_EQ(written(batch, RowFormat::csv), "a,a,a_1\n0,1,2\n");
}

TEST(RowText, JsonNumbersHaveADigitBeforeThePoint) {
    Batch batch;
    batch.schema = {{"a", type_from_sql("DECIMAL(4,4)")}};
    batch.columns.emplace_back(batch.schema[0].type);
    for (const int16_t value : {2'000, -2'000, 0}) batch.columns[0].append(value);
    batch.row_count = 3;
    EXPECT_EQ(written(batch, RowFormat::ndjson),
              "{\"a\": 0.2000}\n{\"a\": -0.2000}\n{\"a\": 0.0000}\n");
    EXPECT_EQ(written(batch, RowFormat::csv), "a\n.2000\n-.2000\n.0000\n");
}

TEST(RowText, StopsWhenTheSinkFails) {
    RowWriter writer({{"a", type_from_sql("INTEGER")}}, RowFormat::csv,
                     [](std::string_view) { return resource_exhausted("disk full"); });
    EXPECT_EQ(writer.finish().code(), Code::resource_exhausted);
}

}  // namespace
}  // namespace quern::frame
