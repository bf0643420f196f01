// Covers folder.cc and glob.cc.
#include "quern/base/folder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "quern/base/file.h"

namespace quern {
namespace {

class Folder : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string name : {"a.csv", "b.csv", "c.txt", ".hidden.csv", "sub/d.csv",
                                       "sub/deep/e.csv", "odd[1].csv"}) {
            ASSERT_TRUE(make_folders(folder_of(at(name))).ok());
            ASSERT_TRUE(write_file_durable(at(name), name).ok());
        }
    }
    std::string at(const std::string& name) const { return join_path(folder_.path(), name); }

    // What is found, below the test's folder, parted by spaces.
    std::string names(const Result<std::vector<FileFacts>>& found) const {
        if (!found.ok()) return std::string(found.status().message());
        std::string text;
        for (const auto& file : *found) {
            if (!text.empty()) text += ' ';
            text += file.path.substr(folder_.path().size() + 1);
        }
        return text;
    }

    TemporaryFolder folder_ = TemporaryFolder::create(testing::TempDir()).value();
};

TEST_F(Folder, ListsAllFilesThatAreNotHidden) {
    EXPECT_EQ(names(list_files(folder_.path())),
              "a.csv b.csv c.txt odd[1].csv sub/d.csv sub/deep/e.csv");
    EXPECT_EQ(list_files(at("none")).status().code(), Code::not_found);
}

TEST_F(Folder, ListingHasLimits) {
    EXPECT_EQ(list_files(folder_.path(), {.file_count_max = 3}).status().code(),
              Code::resource_exhausted);
    EXPECT_EQ(list_files(folder_.path(), {.depth_max = 2}).status().code(),
              Code::resource_exhausted);
}

TEST_F(Folder, ALoopOfLinksEnds) {
    std::filesystem::create_directory_symlink(folder_.path(), at("sub/loop"));
    EXPECT_EQ(names(list_files(folder_.path())),
              "a.csv b.csv c.txt odd[1].csv sub/d.csv sub/deep/e.csv");
    EXPECT_EQ(names(glob_files(at("**/e.csv"))), "sub/deep/e.csv");
    EXPECT_EQ(literal_pattern("/a?/[b]*.csv"), "/a[?]/[[]b][*].csv");
}

TEST_F(Folder, PatternsMatch) {
    const auto check = [&](const std::string& pattern, const std::string& want) {
        EXPECT_EQ(names(glob_files(at(pattern))), want) << pattern;
    };
    check("*.csv", "a.csv b.csv odd[1].csv");
    check("?.csv", "a.csv b.csv");
    check("[b-z].*", "b.csv c.txt");
    check("*/*.csv", "sub/d.csv");
    check("**/*.csv", "a.csv b.csv odd[1].csv sub/d.csv sub/deep/e.csv");
    check("sub/**", "sub/d.csv sub/deep/e.csv");
    check("a.csv", "a.csv");
    check("odd[1].csv", "odd[1].csv");  // a file of that very name is meant
    check("none.csv", "");
    check("none/*.csv", "");
    check("sub", "");
}

TEST_F(Folder, TellsFactsOfAFile) {
    const auto facts = file_facts(at("a.csv")).value();
    EXPECT_EQ(facts.size_bytes, 5u);
    EXPECT_GT(facts.modified_ns, 0);
    EXPECT_FALSE(facts.is_folder);
    EXPECT_TRUE(file_facts(at("sub"))->is_folder);
    EXPECT_EQ(file_facts(at("none")).status().code(), Code::not_found);
    EXPECT_GT(free_space_bytes(folder_.path()).value(), 0u);
}

TEST_F(Folder, TemporaryFolderGoesWithAllInIt) {
    std::string path;
    {
        const auto folder = TemporaryFolder::create(folder_.path()).value();
        path = folder.path();
        ASSERT_TRUE(write_file_durable(path + "/x", "x").ok());
    }
    EXPECT_EQ(file_facts(path).status().code(), Code::not_found);
    EXPECT_TRUE(remove_tree(path).ok()) << "absent is fine";
}

TEST(Paths, AreTakenApartAndJoined) {
    EXPECT_EQ(join_path("a", "b"), "a/b");
    EXPECT_EQ(join_path("a/", "b"), "a/b");
    EXPECT_EQ(join_path("a", "/b"), "/b");
    EXPECT_EQ(join_path("", "b"), "b");
    EXPECT_EQ(folder_of("a/b/c"), "a/b");
    EXPECT_EQ(folder_of("/c"), "/");
    EXPECT_EQ(folder_of("c"), ".");
    EXPECT_EQ(file_name("a/b.csv"), "b.csv");
    EXPECT_EQ(file_stem("a/b.csv.gz"), "b.csv");
    EXPECT_EQ(file_stem(".hidden"), ".hidden");
    EXPECT_EQ(absolute_path("/a/./b/../c"), "/a/c");
}

}  // namespace
}  // namespace quern
