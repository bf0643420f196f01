#include "quern/base/restricted.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace quern {
namespace {

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Runs in a process of its own: restricted, it goes on to `act`, and ends well if it still can.
template <class Act>
[[noreturn]] void act_restricted(Act act) {
    if (!restrict_this_process({.memory_bytes = 64 << 20}).ok()) ::_exit(1);
    act();
    ::_exit(7);
}

TEST(RestrictedProcess, may_compute_but_not_reach_out) {
    EXPECT_EXIT(act_restricted([] { std::vector<int>(1 << 20).back() = 1; }),
                testing::ExitedWithCode(7), "");
    const testing::KilledBySignal killed(SIGSYS);
    EXPECT_EXIT(act_restricted([] { ::open("/etc/passwd", O_RDONLY); }), killed, "");
    EXPECT_EXIT(act_restricted([] { ::socket(AF_INET, SOCK_STREAM, 0); }), killed, "");
    EXPECT_EXIT(act_restricted([] { ::kill(::getppid(), 0); }), killed, "");
    EXPECT_EXIT(act_restricted([] { ::fork(); }), killed, "");
    EXPECT_EXIT(act_restricted([] {
                    ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0);
                }),
                killed, "");
}

TEST(RestrictedProcess, has_no_more_memory_than_it_is_given) {
    EXPECT_EXIT(act_restricted([] {
                    try {
                        std::vector<char>(128 << 20).back() = 1;
                    } catch (const std::bad_alloc&) {
                        ::_exit(3);
                    }
                }),
                testing::ExitedWithCode(3), "");
}
#endif

}  // namespace
}  // namespace quern
