#include "quern/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "quern/base/fault.h"

namespace quern {
namespace {

class File : public testing::Test {
protected:
    void SetUp() override {
        folder_ = testing::TempDir() + "quern_file_test";
        std::filesystem::remove_all(folder_);
        ASSERT_TRUE(make_folders(folder_ + "/a/b").ok());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    int count_files() const {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
            count += entry.is_regular_file();
        }
        return count;
    }
    std::string folder_;
};

TEST_F(File, WritesReadsAndReplaces) {
    const std::string path = folder_ + "/x";
    for (const std::string& text : {std::string("first"), std::string("a\0b", 3), std::string()}) {
        ASSERT_TRUE(write_file_durable(path, text).ok());
        EXPECT_EQ(read_file(path).value(), text);
    }
    EXPECT_EQ(count_files(), 1) << "no temporary file stays";
}

TEST_F(File, KeepsTheMode) {
    const std::string path = folder_ + "/secret";
    ASSERT_TRUE(write_file_durable(path, "x", {.bits = 0600}).ok());
    struct stat facts;
    ASSERT_EQ(stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(File, SaysWhatIsWrong) {
    EXPECT_EQ(read_file(folder_ + "/none").status().code(), Code::not_found);
    EXPECT_EQ(read_file(folder_).status().code(), Code::invalid_argument);
    ASSERT_TRUE(write_file_durable(folder_ + "/long", "12345").ok());
    EXPECT_EQ(read_file(folder_ + "/long", 4).status().code(), Code::resource_exhausted);
    EXPECT_EQ(write_file_durable(folder_ + "/none/x", "1").code(), Code::not_found);
    EXPECT_TRUE(remove_file(folder_ + "/none").ok());
}

TEST_F(File, FullDiskIsResourceExhausted) {
    EXPECT_EQ(system_error(ENOSPC, "cannot write", "x").code(), Code::resource_exhausted);
}

// The child runs this test from its start, so the second write of the child is the one that dies.
TEST_F(File, KilledBeforeTheRenameLeavesTheOldFile) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    setenv("QUERN_KILL_AT", "file_rename:2", 1);
    const std::string path = folder_ + "/x";
    ASSERT_TRUE(write_file_durable(path, "old").ok());
    EXPECT_EXIT(write_file_durable(path, "new").ignore("killed"), testing::KilledBySignal(SIGKILL),
                "");
    unsetenv("QUERN_KILL_AT");
    EXPECT_EQ(read_file(path).value(), "old");
}

}  // namespace
}  // namespace quern
