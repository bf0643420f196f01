// Covers artifact.cc, artifact_fields.cc, container.cc.
#include "quern/score/artifact.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "quern/base/hash.h"
#include "quern/score/container.h"
#include "quern/score/request.h"
#include "quern/score/sample_program.h"
#include "quern/score/scorer.h"

namespace quern::score {
namespace {

std::span<const std::byte> bytes_of(const std::string& file) {
    return std::as_bytes(std::span(file.data(), file.size()));
}

Program golden_program() {
    Program program = sample_program();
    program.metadata = {{"seed", "7"}, {"metrics", R"({"auc": 0.9})"}};
    program.inputs[0].low = -1.5;
    program.inputs[0].high = 1e6;
    program.inputs[1].categories = {"Paris", "Rome", "Zürich"};
    RowReader reader(program);
    reader.begin_row();
    reader.field("city", FieldValue::of(std::string_view("Rome")));
    reader.end_row();
    EXPECT_TRUE(add_golden_rows(program, reader.view()).ok());
    return program;
}

std::string sample_file() {
    auto file = artifact_bytes(golden_program());
    EXPECT_TRUE(file.ok()) << file.status().text();
    return std::move(file).value();
}

// A file whose hash is right although its content is not.
std::string with_fresh_hash(std::string file) {
    auto key = file.find("\"sha256\":\"") + 10;
    file.replace(key, 64, std::string(64, '0'));
    Sha256 hash;
    hash.add(file);
    return file.replace(key, 64, hash.hex());
}

TEST(Artifact, gives_back_the_program) {
    Program program = golden_program();
    auto again = read_artifact(bytes_of(sample_file()));
    ASSERT_TRUE(again.ok()) << again.status().text();
    EXPECT_TRUE(Scorer::build(*again).ok());
    EXPECT_TRUE(std::isnan(again->golden[0].matrix[0]));
    again->golden[0].matrix[0] = program.golden[0].matrix[0] = 0;  // NaN is not equal to itself
    EXPECT_TRUE(*again == program);
}

TEST(Artifact, same_program_same_bytes) {
    std::string file = sample_file();
    EXPECT_EQ(file, sample_file());
    auto again = read_artifact(bytes_of(file));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*artifact_bytes(*again), file);
}

TEST(Artifact, states_its_own_hash) {
    std::string file = sample_file();
    auto hash = artifact_hash(bytes_of(file));
    ASSERT_TRUE(hash.ok());
    EXPECT_NE(file.find(*hash), std::string::npos);
}

TEST(Artifact, any_flipped_byte_is_refused) {
    std::string file = sample_file();
    for (size_t at = 0; at < file.size(); ++at) {
        for (char flip : {char(0x01), char(0x80), char(0xFF)}) {
            std::string broken = file;
            broken[at] = static_cast<char>(broken[at] ^ flip);
            auto program = read_artifact(bytes_of(broken));
            ASSERT_FALSE(program.ok()) << "byte " << at;
            ASSERT_EQ(program.status().code(), Code::corrupt) << "byte " << at;
        }
    }
}

TEST(Artifact, any_truncation_is_refused) {
    std::string file = sample_file();
    for (size_t size = 0; size < file.size(); ++size) {
        auto program = read_artifact(bytes_of(file).first(size));
        ASSERT_FALSE(program.ok()) << size << " bytes";
        ASSERT_EQ(program.status().code(), Code::corrupt) << size << " bytes";
    }
}

TEST(Artifact, a_hostile_file_with_a_right_hash_never_crashes) {
    std::string file = sample_file();
    size_t header = file.find("\"sha256\":\"");
    size_t opened = 0;
    for (size_t at = 8; at < file.size(); ++at) {
        if (at >= header && at < header + 74) continue;
        for (char value : {'0', '9', '-', '"', '{', char(0), char(0xFF)}) {
            std::string hostile = file;
            hostile[at] = value;
            auto program = read_artifact(bytes_of(with_fresh_hash(hostile)));
            if (program.ok() && Scorer::build(*program).ok()) ++opened;
        }
    }
    // Names, notes and unused numbers may change; the scores may not.
    EXPECT_LT(opened, file.size());
}

void check_refused(std::string header, const std::string& data, std::string_view want) {
    header.resize((8 + header.size() + 63) / 64 * 64 - 8, ' ');
    uint64_t size = header.size();
    std::string file(reinterpret_cast<const char*>(&size), 8);
    auto container = read_container(bytes_of(file += header + data));
    ASSERT_FALSE(container.ok());
    EXPECT_NE(container.status().message().find(want), std::string::npos)
        << container.status().message();
}

TEST(Container, refuses_what_its_header_invents) {
    auto check = [](const std::string& tensors, const std::string& data, std::string_view want) {
        std::string header =
            R"({"__metadata__":{"sha256":")" + std::string(64, '0') + "\"}" + tensors + "}";
        header.resize((8 + header.size() + 63) / 64 * 64 - 8, ' ');
        uint64_t size = header.size();
        std::string file(reinterpret_cast<const char*>(&size), 8);
        file = with_fresh_hash(file + header + data);
        auto container = read_container(bytes_of(file));
        ASSERT_EQ(container.ok(), want.empty()) << tensors << container.status().text();
        EXPECT_NE(container.status().message().find(want), std::string::npos)
            << container.status().message();
    };
    const std::string eight(8, 'x');
    check(R"(,"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]})", eight, "");
    check(R"(,"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]})", eight, "out of place");
    check(R"(,"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]})", eight, "another size");
    check(R"(,"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]})", eight, "out of place");
    check(R"(,"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]})", eight, "unknown type");
    check(R"(,"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]})", eight, "no size");
    check(R"(,"a":{"dtype":"F64","shape":[18446744073709551615],"data_offsets":[0,8]})", eight,
          "another size");
    check(R"(,"a":{"dtype":"F64","shape":[1],"data_offsets":[0,18446744073709551608]})", eight,
          "out of place");
    check(R"(,"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]})", eight, "not described");
    check(R"(,"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]})"
          R"(,"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]})",
          eight, "out of place");
    check(R"(,"a":7)", eight, "not described");
    check("", eight, "bytes after");
    check_refused(std::string(100'000, '['), "", "no hash");
}

TEST(Artifact, files_that_are_none) {
    auto check = [](const std::string& path, Code want) {
        auto scorer = Scorer::open(path);
        ASSERT_FALSE(scorer.ok());
        EXPECT_EQ(scorer.status().code(), want) << scorer.status().text();
        EXPECT_NE(scorer.status().text().find(path), std::string::npos);
    };
    check("/nowhere/model.qn", Code::not_found);
    check("/dev/null", Code::corrupt);
    check("/", Code::corrupt);
    std::string path = testing::TempDir() + "/empty.qn";
    std::ofstream(path).close();
    check(path, Code::corrupt);
}

TEST(Artifact, opens_from_a_file) {
    std::string path = testing::TempDir() + "/whole.qn";
    std::ofstream(path, std::ios::binary) << sample_file();
    auto scorer = Scorer::open(path);
    ASSERT_TRUE(scorer.ok()) << scorer.status().text();
    EXPECT_EQ(scorer->program().model_name, "sample");
}

}  // namespace
}  // namespace quern::score
