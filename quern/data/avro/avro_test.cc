// Covers avro.cc, container.cc, decoder.cc and schema.cc. The expected values are those of
// fastavro 1.12 for the same bytes.
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "quern/base/folder.h"
#include "quern/data/avro/container.h"
#include "quern/data/avro/decoder.h"
#include "quern/data/load.h"
#include "quern/data/rows.h"
#include "quern/sql/session.h"

namespace quern::data {
namespace {

std::string whole(int64_t number) {
    uint64_t bits = static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63);
    std::string bytes;
    for (; bits >= 0x80; bits >>= 7) bytes += static_cast<char>(0x80 | (bits & 0x7F));
    return bytes + static_cast<char>(bits);
}

std::string sized(std::string_view text) {
    return whole(static_cast<int64_t>(text.size())) + std::string(text);
}

struct Block {
    int64_t row_count;
    std::string bytes;
};

std::string file_of(std::string_view schema, const std::vector<Block>& blocks,
                    std::string_view codec = "null") {
    const std::string mark = "0123456789abcdef";
    std::string bytes = std::string("Obj\x01", 4) + whole(2) + sized("avro.schema") +
                        sized(schema) + sized("avro.codec") + sized(codec) + whole(0) + mark;
    for (const Block& block : blocks) {
        bytes += whole(block.row_count) + sized(block.bytes) + mark;
    }
    return bytes;
}

std::string record_of(std::string_view type) {
    return R"({"type":"record","name":"T","fields":[{"name":"v","type":)" + std::string(type) +
           "}]}";
}

TEST(AvroValues, AreWhatTheSchemaSays) {
    const auto check = [](std::string_view type, const std::string& bytes,
                          std::string_view want_type, std::string_view want) {
        const auto schema = AvroSchema::parse(record_of(type));
        ASSERT_TRUE(schema.ok()) << type << schema.status().text();
        const auto columns = schema->columns();
        ASSERT_TRUE(columns.ok()) << columns.status().text();
        EXPECT_EQ((*columns)[0].type.text(), want_type) << type;
        std::string_view rest = bytes;
        std::string json;
        const Status status = AvroDecoder(*schema).append_json(rest, json);
        EXPECT_EQ(status.ok() ? json : std::string(status.message()),
                  status.ok() ? "{\"v\": " + std::string(want) + "}" : std::string(want))
            << type;
        EXPECT_TRUE(!status.ok() || rest.empty()) << type;
    };
    check(R"("long")", whole(INT64_MIN), "BIGINT", "-9223372036854775808");
    check(R"("int")", whole(-1), "INTEGER", "-1");
    check(R"("int")", whole(int64_t{1} << 31), "INTEGER",
          "the bytes do not fit the schema: an int is too large");
    check(R"("boolean")", "\x01", "BOOLEAN", "true");
    check(R"("float")", std::string("\xCD\xCC\xCC\x3D", 4), "FLOAT", "0.1");
    check(R"("double")", std::string("\0\0\0\0\0\0\xF0\x7F", 8), "DOUBLE", "\"inf\"");
    check(R"("string")", sized("a\"ü"), "VARCHAR", "\"a\\\"ü\"");
    check(R"("string")", sized("\xFF"), "VARCHAR",
          "the bytes do not fit the schema: a string is not UTF-8");
    check(R"("bytes")", sized(std::string_view("\0a", 2)), "BLOB", "\"\\\\x00a\"");
    check(R"(["null","int"])", whole(0), "INTEGER", "null");
    check(R"(["int","null"])", whole(0) + whole(7), "INTEGER", "7");
    check(R"(["null","int","string"])", whole(2) + sized("x"), "VARCHAR", "\"x\"");
    check(R"(["null","int","string"])", whole(1) + whole(7), "VARCHAR", "\"7\"");
    check(R"(["null","int"])", whole(2), "INTEGER",
          "the bytes do not fit the schema: a union has no alternative of that number");
    check(R"({"type":"enum","name":"E","symbols":["A","B"]})", whole(1), "VARCHAR", "\"B\"");
    check(R"({"type":"fixed","name":"F","size":3})", "abc", "BLOB", "\"abc\"");
    check(R"({"type":"array","items":"int"})", whole(2) + whole(1) + whole(2) + whole(0),
          "INTEGER[]", "[1, 2]");
    check(R"({"type":"array","items":"int"})", whole(-1) + whole(1) + whole(5) + whole(0),
          "INTEGER[]", "[5]");
    check(R"({"type":"map","values":"long"})", whole(1) + sized("k") + whole(9) + whole(0),
          "MAP(VARCHAR, BIGINT)", "{\"k\": 9}");
    check(R"({"type":"array","items":"null"})", whole(int64_t{1} << 40), "VARCHAR[]",
          "the bytes do not fit the schema: an array is too long");
}

TEST(AvroValues, LogicalTypes) {
    const auto check = [](std::string_view type, const std::string& bytes,
                          std::string_view want_type, std::string_view want) {
        const auto schema = AvroSchema::parse(record_of(type)).value();
        EXPECT_EQ(schema.columns().value()[0].type.text(), want_type) << type;
        std::string_view rest = bytes;
        std::string json;
        const Status status = AvroDecoder(schema).append_json(rest, json);
        EXPECT_EQ(json, "{\"v\": \"" + std::string(want) + "\"}") << type << status.text();
    };
    const auto logical = [](std::string_view plain, std::string_view name) {
        return R"({"type":")" + std::string(plain) + R"(","logicalType":")" + std::string(name) +
               "\"}";
    };
    constexpr int64_t kMs = 1'709'213'400'125;
    check(logical("int", "date"), whole(19782), "DATE", "2024-02-29");
    check(logical("int", "time-millis"), whole(48'600'125), "TIME", "13:30:00.125");
    check(logical("long", "time-micros"), whole(48'600'000'001), "TIME", "13:30:00.000001");
    check(logical("long", "timestamp-millis"), whole(kMs), "TIMESTAMP WITH TIME ZONE",
          "2024-02-29 13:30:00.125+00");
    check(logical("long", "timestamp-micros"), whole(kMs * 1000 + 1), "TIMESTAMP WITH TIME ZONE",
          "2024-02-29 13:30:00.125001+00");
    check(logical("long", "local-timestamp-millis"), whole(kMs), "TIMESTAMP",
          "2024-02-29 13:30:00.125");
    check(logical("string", "uuid"), sized("00000000-0000-0000-0000-00000000002a"), "UUID",
          "00000000-0000-0000-0000-00000000002a");
    const std::string decimal = R"("logicalType":"decimal","precision":10,"scale":2})";
    check(R"({"type":"bytes",)" + decimal, sized("\x83"), "DECIMAL(10,2)", "-1.25");
    check(R"({"type":"bytes",)" + decimal, sized(""), "DECIMAL(10,2)", "0.00");
    check(R"({"type":"bytes",)" + decimal, sized(std::string_view("\x00\x80", 2)), "DECIMAL(10,2)",
          "1.28");
    check(R"({"type":"fixed","name":"F","size":4,)" + decimal, "\xFF\xFF\xFF\xFF", "DECIMAL(10,2)",
          "-0.01");
    check(R"({"type":"bytes","logicalType":"decimal","precision":50,"scale":0})",
          sized(std::string(1, 1) + std::string(16, '\0')), "VARCHAR",
          "340282366920938463463374607431768211456");
}

TEST(AvroSchemas, NamesAndWhatIsNone) {
    const auto type_of = [](std::string_view schema) {
        const auto parsed = AvroSchema::parse(schema);
        if (!parsed.ok()) return std::string(parsed.status().message());
        const auto columns = parsed->columns();
        if (!columns.ok()) return std::string(columns.status().message());
        std::string text;
        for (const auto& column : *columns) text += column.name + ":" + column.type.text() + " ";
        return text;
    };
    EXPECT_EQ(type_of(R"({"type":"record","name":"a.T","fields":[
        {"name":"p","type":{"type":"record","name":"P","fields":[{"name":"x","type":"int"}]}},
        {"name":"q","type":["null","a.P"]},{"name":"r","type":{"type":"array","items":"P"}}]})"),
              "p:STRUCT(\"x\" INTEGER) q:STRUCT(\"x\" INTEGER) r:STRUCT(\"x\" INTEGER)[] ");
    EXPECT_EQ(type_of(R"({"type":"record","name":"L","fields":[{"name":"v","type":"int"},
        {"name":"next","type":["null","L"]}]})"),
              "v:INTEGER next:VARCHAR ");
    for (const auto& [schema, want] : std::vector<std::pair<std::string, std::string>>{
             {"{", "not JSON"},
             {"\"int\"", "no record"},
             {record_of("\"nope\""), "nothing is named 'nope'"},
             {record_of("[]"), "a union of nothing"},
             {record_of("{}"), "without 'type'"},
             {record_of(R"({"type":"fixed","name":"F","size":-1})"), "a size"},
             {R"({"type":"record","name":"T","fields":[{"name":"a","type":"int"},
                 {"name":"A","type":"int"}]})",
              "two fields are named"}}) {
        EXPECT_NE(type_of(schema).find(want), std::string::npos) << type_of(schema);
    }
    std::string deep = "\"int\"";
    for (int i = 0; i < 1000; ++i) deep = "[" + deep + "]";
    EXPECT_NE(type_of(record_of(deep)).find("too deep"), std::string::npos);
}

class AvroLoad : public testing::Test {
protected:
    AvroLoad() {
        source_.name = "events";
        source_.files = {{.text = "x.avro"}};
    }
    std::string loaded(const std::string& bytes) {
        std::ofstream(join_path(folder_.path(), "x.avro"), std::ios::binary) << bytes;
        const auto report = load_source(session_, folder_.path(), source_,
                                        {.table = "loaded", .quarantine = "bad"});
        if (!report.ok()) return report.status().text();
        std::string said = std::to_string(report->rows_loaded) + " rows:";
        const auto rows =
            text_rows(session_, "select columns(*)::varchar from (from loaded limit 3)");
        if (!rows.ok()) return rows.status().text();
        for (const auto& row : *rows) {
            for (const auto& value : row) said += " " + (value.empty() ? "-" : value);
        }
        return said;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    sql::Session session_ = sql::Database::open({.threads = 1})->connect().value();
    project::Source source_;
    const std::string schema_ =
        R"({"type":"record","name":"T","fields":[{"name":"id","type":"long"},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"tags","type":{"type":"map","values":["null","double"]}},
        {"name":"raw","type":"bytes"}]})";
    const std::string row_ = whole(9'007'199'254'740'993) + whole(0) + whole(1) + sized("a") +
                             whole(1) + std::string("\0\0\0\0\0\0\xF8\x3F", 8) + whole(0) +
                             sized(std::string_view("\0\xFF", 2));
};

TEST_F(AvroLoad, EveryPacking) {
    const std::string want =
        "2 rows: 9007199254740993 1970-01-01 00:00:00+00 {a=1.5} \\x00\\xFF 9007199254740993 "
        "1970-01-01 00:00:00+00 {a=1.5} \\x00\\xFF";
    EXPECT_EQ(loaded(file_of(schema_, {{1, row_}, {1, row_}})), want);
    EXPECT_EQ(loaded(file_of(schema_, {{2, row_ + row_}, {0, ""}})), want);
    std::string packed(1000, '\0');
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    std::string both = row_ + row_;
    stream.next_in = reinterpret_cast<Bytef*>(both.data());
    stream.avail_in = static_cast<uInt>(both.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    EXPECT_EQ(loaded(file_of(schema_, {{2, packed}}, "deflate")), want);
    const auto sum =
        ::crc32(0, reinterpret_cast<const Bytef*>(both.data()), static_cast<uInt>(both.size()));
    std::string snappy;  // the first row as it is, the second as a copy of it
    snappy += static_cast<char>(both.size());
    snappy += static_cast<char>((row_.size() - 1) << 2);
    snappy += row_;
    snappy += static_cast<char>((row_.size() - 1) << 2 | 2);
    snappy += static_cast<char>(row_.size());
    snappy += '\0';
    for (int shift = 24; shift >= 0; shift -= 8) snappy += static_cast<char>(sum >> shift);
    EXPECT_EQ(loaded(file_of(schema_, {{2, snappy}}, "snappy")), want);
    snappy.back() ^= 1;
    EXPECT_NE(loaded(file_of(schema_, {{2, snappy}}, "snappy")).find("check sum"),
              std::string::npos);
    EXPECT_NE(loaded(file_of(schema_, {{2, packed}}, "bzip2")).find("other than deflate"),
              std::string::npos);
}

TEST_F(AvroLoad, CutAndDamagedFilesAreRefused) {
    const std::string good = file_of(schema_, {{1, row_}, {1, row_}});
    const std::string one = file_of(schema_, {{1, row_}});
    const size_t head = file_of(schema_, {}).size();
    for (size_t size = 0; size < good.size(); size += 3) {
        if (size == head || size == one.size()) continue;  // whole files of fewer blocks
        EXPECT_EQ(loaded(good.substr(0, size)).find(" rows"), std::string::npos) << size;
    }
    const auto check = [&](const std::string& bytes, std::string_view want) {
        const std::string said = loaded(bytes);
        EXPECT_NE(said.find(want), std::string::npos) << said;
    };
    check("", "the file is empty");
    check("PAR1", "not a file of Avro");
    check(file_of(schema_, {{2, row_}}), "they end too early");
    check(file_of(schema_, {{1, row_ + row_}}), "it holds more than its rows");
    check(file_of(schema_, {{-1, row_}}), "it has no size");
    check(file_of(record_of("\"null\""), {{1'000'000'000'000, ""}}), "its rows hold nothing");
    std::string mark = good;
    mark[one.size() - 1] ^= 1;
    check(mark, "it does not end where it should");
    check(file_of("{", {}), "it is not JSON");
}

}  // namespace
}  // namespace quern::data
