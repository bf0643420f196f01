#include "quern/data/unzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace quern::data {
namespace {

std::string zipped(const std::string& text) {
    uLongf size = compressBound(text.size());
    std::string bytes(size, '\0');
    compress(reinterpret_cast<Bytef*>(bytes.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
    bytes.resize(size);
    return bytes;
}

TEST(Unzip, gives_back_what_was_packed) {
    const std::string text(200'000, 'x');
    for (const std::string& one : {std::string(), std::string("a"), text}) {
        EXPECT_TRUE(is_zipped(zipped(one)));
        EXPECT_EQ(unzip(zipped(one), 1 << 20).value(), one);
    }
    EXPECT_FALSE(is_zipped("tree\n"));
    EXPECT_FALSE(is_zipped("x"));
}

TEST(Unzip, refuses_what_is_too_large_cut_or_broken) {
    const std::string bytes = zipped(std::string(200'000, 'x') + "end");
    EXPECT_EQ(unzip(bytes, 100'000).status().code(), Code::resource_exhausted);
    EXPECT_EQ(unzip(bytes.substr(0, bytes.size() - 3), 1 << 20).status().code(), Code::corrupt);
    EXPECT_EQ(unzip(bytes.substr(0, 2) + "\xff\xff\xff", 1 << 20).status().code(), Code::corrupt);
}

}  // namespace
}  // namespace quern::data
