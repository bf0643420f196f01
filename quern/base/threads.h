// How much of the machine this process may use, and work spread over threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "quern/base/status.h"

namespace quern {

int available_threads();            // by CPU affinity and the cgroup's quota; at least 1
uint64_t available_memory_bytes();  // physical memory or the cgroup's limit, the smaller one

// Calls work(0) to work(count - 1), each once, on at most `thread_count` threads, the caller's
// among them. After a failure no further one is started; all failures are reported, in order of
// index. An exception of `work` becomes an `internal` status.
Status run_parallel(size_t count, int thread_count, const std::function<Status(size_t)>& work);

}  // namespace quern
