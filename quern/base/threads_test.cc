#include "quern/base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace quern {
namespace {

TEST(Threads, TellsWhatTheMachineHas) {
    EXPECT_GE(available_threads(), 1);
    EXPECT_GT(available_memory_bytes(), 1u << 20);
}

TEST(Threads, DoesEachPieceOnce) {
    for (const size_t count : {0u, 1u, 2u, 1000u}) {
        for (const int threads : {-1, 1, 2, 8}) {
            std::vector<std::atomic<int>> calls(count);
            ASSERT_TRUE(run_parallel(count, threads, [&](size_t i) {
                            ++calls[i];
                            return Status();
                        }).ok());
            for (const auto& number : calls) EXPECT_EQ(number, 1);
        }
    }
}

TEST(Threads, AFailureStopsWhatHasNotBegun) {
    std::atomic<size_t> calls{0};
    const auto status = run_parallel(1000, 1, [&](size_t i) {
        ++calls;
        return i == 3 ? invalid_argument("piece 3") : Status();
    });
    EXPECT_EQ(status.message(), "piece 3");
    EXPECT_EQ(calls, 4u);
}

TEST(Threads, AnExceptionBecomesAStatus) {
    const auto status =
        run_parallel(2, 2, [](size_t) -> Status { throw std::runtime_error("thrown"); });
    EXPECT_EQ(status.code(), Code::internal);
    EXPECT_EQ(status.message(), "unexpected fault: thrown");
}

}  // namespace
}  // namespace quern
