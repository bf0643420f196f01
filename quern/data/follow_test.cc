// Logs that grow, are renamed, copied and cut, packed or taken away: each line once.
#include "quern/data/follow.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "quern/base/file.h"
#include "quern/base/folder.h"

namespace quern::data {
namespace {

class Follow : public testing::Test {
protected:
    std::string path(const std::string& name) const { return join_path(folder_.path(), name); }
    void add(const std::string& name, const std::string& text) {
        std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
        std::filesystem::last_write_time(
            path(name), std::filesystem::file_time_type(std::chrono::hours(++clock_)));
    }
    void rename(const std::string& from, const std::string& to) {
        std::filesystem::rename(path(from), path(to));
    }
    // Copied and cut, as logrotate's copytruncate does.
    void copy_and_cut(const std::string& from, const std::string& to) {
        std::filesystem::copy_file(path(from), path(to));
        std::filesystem::resize_file(path(from), 0);
    }
    void pack(const std::string& name) {
        const std::string bytes = read_file(path(name)).value();
        const auto time = std::filesystem::last_write_time(path(name));
        const gzFile file = gzopen(path(name + ".gz").c_str(), "wb");
        gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
        gzclose(file);
        std::filesystem::last_write_time(path(name + ".gz"), time);
        std::filesystem::remove(path(name));
    }
    // The new lines of app.log and what became of it; "gone" for logs that are lost.
    std::string pulled(uint64_t size_bytes_max = UINT64_MAX) {
        const auto changes =
            log_changes({path("app.log")}, parse_positions(position_).value()).value();
        std::string text;
        std::vector<FollowedLog> now;
        for (const auto& piece : changes.pieces) {
            const auto copied =
                copy_new_lines({piece, path("copy"), size_bytes_max, takes_rest_}).value();
            text += read_file(path("copy")).value();
            now.push_back(copied.log);
            now.back().is_final = piece.is_rotated && copied.is_at_end && !copied.has_rest;
        }
        for (const auto& log : changes.gone) {
            text += "gone after line " + std::to_string(log.line_count) + "\n";
        }
        position_ = positions_text(now);
        return text;
    }

    TemporaryFolder folder_ = TemporaryFolder::create().value();
    std::string position_;
    int clock_ = 0;
    bool takes_rest_ = false;
    std::string first_ = "2026-01-01 the first line, long enough to tell this log from others 1\n";
    std::string second_ = "2026-01-02 the first line, long enough to tell this log from others 2\n";
};

TEST_F(Follow, growth_and_lines_that_are_not_whole) {
    EXPECT_EQ(pulled(), "");
    add("app.log", first_ + "b\nhal");
    EXPECT_EQ(pulled(), first_ + "b\n");
    EXPECT_EQ(pulled(), "");
    add("app.log", "f\n");
    EXPECT_EQ(pulled(), "half\n");
    add("app.log", "rest");
    takes_rest_ = true;
    EXPECT_EQ(pulled(), "rest");
}

TEST_F(Follow, renamed) {
    add("app.log", first_ + "b\n");
    EXPECT_EQ(pulled(), first_ + "b\n");
    add("app.log", "c\n");
    rename("app.log", "app.log.1");
    add("app.log.1", "d\n");  // the writer has not noticed yet
    add("app.log", second_);
    EXPECT_EQ(pulled(), "c\nd\n" + second_);
    rename("app.log.1", "app.log.2");
    rename("app.log", "app.log.1");
    add("app.log", "x\n");
    EXPECT_EQ(pulled(), "x\n");
    std::filesystem::remove(path("app.log.2"));  // it was read to its end
    EXPECT_EQ(pulled(), "");
}

TEST_F(Follow, copied_and_cut) {
    add("app.log", first_);
    EXPECT_EQ(pulled(), first_);
    add("app.log", "b\n");
    copy_and_cut("app.log", "app.log.1");
    add("app.log", second_ + std::string(500, '.') + "\n");  // longer than before at once
    EXPECT_EQ(pulled(), "b\n" + second_ + std::string(500, '.') + "\n");
    EXPECT_EQ(pulled(), "");
}

TEST_F(Follow, packed) {
    add("app.log", first_);
    EXPECT_EQ(pulled(), first_);
    add("app.log", "b\n");
    rename("app.log", "app.log.1");
    pack("app.log.1");
    add("app.log", second_);
    EXPECT_EQ(pulled(), "b\n" + second_);
    EXPECT_EQ(pulled(), "");
}

TEST_F(Follow, taken_away) {
    add("app.log", first_ + "b\n");
    pulled();
    std::filesystem::remove(path("app.log"));
    add("app.log", second_);
    EXPECT_EQ(pulled(), second_ + "gone after line 2\n");
}

TEST_F(Follow, another_log_of_the_same_short_beginning) {
    add("app.log", "start\n");
    EXPECT_EQ(pulled(), "start\n");
    rename("app.log", "app.log.1");
    add("app.log", "start\nb\n");
    EXPECT_EQ(pulled(), "start\nb\n");
}

TEST_F(Follow, a_piece_at_a_time) {
    std::string lines;
    for (int i = 0; i < 300'000; ++i) lines += "line " + std::to_string(i) + "\n";
    add("app.log", lines);
    std::string all;
    int count = 0;
    for (std::string piece = pulled(1); !piece.empty(); piece = pulled(1), ++count) all += piece;
    EXPECT_EQ(all, lines);
    EXPECT_GT(count, 2);
}

}  // namespace
}  // namespace quern::data
