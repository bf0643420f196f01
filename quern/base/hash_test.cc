#include "quern/base/hash.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace quern {
namespace {

TEST(Hash, Sha256OfKnownTexts) {
    const auto check = [](std::string_view text, std::string_view want) {
        EXPECT_EQ(sha256_hex(text), want) << text;
    };
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, OtherDigestsOfKnownTexts) {
    EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Hash, FieldsDoNotRunIntoEachOther) {
    const auto hash_of = [](std::string_view a, std::string_view b) {
        Sha256 hash;
        hash.add_field(a);
        hash.add_field(b);
        return hash.hex();
    };
    EXPECT_NE(hash_of("ab", "c"), hash_of("a", "bc"));
    EXPECT_EQ(hash_of("ab", "c"), hash_of("ab", "c"));
}

TEST(Hash, FileHashIsTheHashOfItsBytes) {
    const std::string path = testing::TempDir() + "quern_hash_test.bin";
    std::ofstream(path) << "abc";
    EXPECT_EQ(sha256_file(path).value(), sha256_hex("abc"));
    std::remove(path.c_str());
    EXPECT_EQ(sha256_file(path).status().code(), Code::not_found);
}

// RFC 4231, test case 2.
TEST(Hash, HmacOfTheStandardsExample) {
    EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hash, TokensAreLongUrlSafeAndDiffer) {
    const std::string token = random_token(32);
    EXPECT_EQ(token.size(), 43U);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
              std::string::npos);
    EXPECT_NE(token, random_token(32));
}

TEST(Hash, SecretsCompareWhole) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace quern
