#include "quern/base/process.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(Process, gives_its_text_and_how_it_ended) {
    const auto done = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
    ASSERT_TRUE(done.ok()) << done.status().text();
    EXPECT_EQ(done->exit_code, 3);
    EXPECT_EQ(done->text, "out\nerr\n");
    EXPECT_EQ(run_process({"pwd"}, {.folder = "/"})->text, "/\n");
    EXPECT_EQ(run_process({"cat"})->text, "");
}

TEST(Process, is_refused_when_it_is_not_there) {
    EXPECT_EQ(run_process({"no-such-program-anywhere"}).status().code(), Code::not_found);
}

TEST(Process, is_ended_when_it_takes_too_long) {
    const auto late = run_process({"sleep", "60"}, {.timeout_ms = 50});
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.status().code(), Code::unavailable);
}

}  // namespace
}  // namespace quern
