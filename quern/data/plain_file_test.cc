// Unpacking (byte_source) and conversion of encodings, piece by piece.
#include "quern/data/plain_file.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "quern/base/file.h"
#include "quern/data/byte_source.h"

namespace quern::data {
namespace {

std::string gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

std::string zstd(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

// The plain text of a file with these bytes, or the error.
std::string plain(const std::string& bytes, const PlainSettings& settings = {}) {
    const auto folder = TemporaryFolder::create().value();
    const std::string path = join_path(folder.path(), "x");
    std::ofstream(path, std::ios::binary) << bytes;
    const auto file = plain_file(path, "x", folder.path(), settings);
    return file.ok() ? read_file(file->path).value() : file.status().text();
}

TEST(PlainFile, unpacks_whole_streams) {
    const std::string text(3'000'000, 'x');
    EXPECT_EQ(plain("a,b\n"), "a,b\n");
    EXPECT_EQ(plain(gzip("a,b\n")), "a,b\n");
    EXPECT_EQ(plain(gzip("a,b\n") + gzip("1,2\n")), "a,b\n1,2\n");
    EXPECT_EQ(plain(gzip(text)), text);
    EXPECT_EQ(plain(zstd("a,b\n")), "a,b\n");
    EXPECT_EQ(plain(zstd(text) + zstd("y")), text + "y");
    EXPECT_EQ(plain(gzip("")), "");
}

TEST(PlainFile, refuses_streams_cut_at_any_byte) {
    for (const auto& packed : {gzip("a,b\n1,2\n"), zstd("a,b\n1,2\n")}) {
        for (size_t size = 4; size < packed.size(); ++size) {
            EXPECT_TRUE(plain(packed.substr(0, size)).starts_with("x: the ")) << size;
        }
    }
}

TEST(PlainFile, refuses_what_unpacks_too_far) {
    const std::string bomb = gzip(std::string(50'000'000, '0'));
    EXPECT_EQ(plain(bomb, {.size_bytes_max = 10'000'000}),
              "x: the file unpacks to more than 10 MB");
}

TEST(PlainFile, unpacks_only_what_is_wanted) {
    const auto beginning = plain(gzip(std::string(50'000'000, '0')), {.wanted_bytes = 1'000'000});
    EXPECT_GE(beginning.size(), 1'000'000U);
    EXPECT_LT(beginning.size(), 5'000'000U);
}

TEST(PlainFile, converts_across_pieces) {
    std::string wide, want;
    for (int i = 0; i < 700'000; ++i) {
        wide += std::string_view("\xE9\0", 2);
        want += "\xC3\xA9";
    }
    EXPECT_EQ(plain(wide, {.encoding = "utf-16le"}), want);
    EXPECT_EQ(plain(wide.substr(0, 5), {.encoding = "utf-16le"}).substr(0, 4), "x:1:");
    EXPECT_EQ(plain(gzip("\xE9"), {.encoding = "Latin-1"}), "\xC3\xA9");
}

TEST(PlainFile, knows_encodings_by_their_common_names) {
    EXPECT_EQ(encoding_name("UTF-8").value(), "");
    EXPECT_EQ(encoding_name("latin1").value(), "ISO-8859-1");
    EXPECT_EQ(encoding_name("latin2").status().code(), Code::not_found);
}

TEST(ByteSource, tells_compression_by_the_first_bytes) {
    const auto folder = TemporaryFolder::create().value();
    const std::string path = join_path(folder.path(), "x");
    const auto check = [&](const std::string& bytes, const std::string& want) {
        std::ofstream(path, std::ios::binary) << bytes;
        EXPECT_EQ(compression_of(path).value(), want);
    };
    check("", "none");
    check("a,b\n", "none");
    check(gzip("x"), "gzip");
    check(zstd("x"), "zstd");
}

}  // namespace
}  // namespace quern::data
