#include "quern/store/content_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

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

TEST(ContentFile, IsWrittenByManyThreadsAtOnce) {
    const auto place = TemporaryFolder::create().value();
    const std::string bytes(1 << 16, 'x');
    std::atomic<int> failed_count = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                const std::string folder = place.path() + "/" + std::to_string(round);
                if (!put_content(folder, ".ql", "snapshot", bytes).ok()) ++failed_count;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(failed_count, 0);
}

}  // namespace
}  // namespace quern::store
