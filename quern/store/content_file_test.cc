#include "quern/store/content_file.h"

#include <gtest/gtest.h>

#include "quern/base/file.h"
#include "quern/base/folder.h"

namespace quern::store {
namespace {

TEST(ContentFile, IsWrittenOnceAndMendedWhenDamaged) {
    const auto place = TemporaryFolder::create().value();
    const std::string folder = place.path() + "/kept";
    const std::string hash = put_content(folder, ".x", "artifact", "abc").value();
    const std::string path = folder + "/" + hash + ".x";
    EXPECT_EQ(hash.substr(0, 8), "ba7816bf") << "the SHA-256 of abc";
    EXPECT_EQ(put_content(folder, ".x", "artifact", "abc").value(), hash);
    ASSERT_TRUE(remove_file(path).ok());
    ASSERT_TRUE(write_file_durable(path, "damaged").ok());
    EXPECT_EQ(put_content(folder, ".x", "artifact", "abc").value(), hash);
    EXPECT_EQ(read_file(path).value(), "abc");
}

}  // namespace
}  // namespace quern::store
