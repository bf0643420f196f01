#include "quern/base/threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "quern/base/file.h"
#include "quern/base/text.h"

namespace quern {
namespace {

std::optional<uint64_t> number_at_start(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return number;
}

// Limits hold for a cgroup and all below it, so each file up to the root is looked at.
std::vector<std::string> read_along_cgroup(const std::string& file) {
    std::string folder;
    const auto membership = read_file("/proc/self/cgroup", 1 << 16);
    if (membership.ok()) {
        for (const auto line : split_lines(*membership)) {
            if (line.starts_with("0::")) folder = line.substr(3);
        }
    }
    std::vector<std::string> found;
    while (true) {
        auto text = read_file("/sys/fs/cgroup" + folder + "/" + file, 1 << 12);
        if (text.ok()) found.push_back(std::move(text).value());
        if (folder.empty() || folder == "/") return found;
        folder.resize(folder.rfind('/'));
    }
}

// "200000 100000" is two processors' worth of time in each period.
std::optional<int> threads_of_quota(const std::string& text) {
    const auto quota = number_at_start(text);
    const size_t space = text.find(' ');
    if (!quota || space == std::string::npos) return std::nullopt;
    const auto period = number_at_start(std::string_view(text).substr(space + 1));
    if (!period || *period == 0) return std::nullopt;
    return static_cast<int>(std::max<uint64_t>(1, (*quota + *period - 1) / *period));
}

Status call(const std::function<Status(size_t)>& work, size_t index) {
    try {
        return work(index);
    } catch (const std::exception& fault) {
        return internal(std::string("unexpected fault: ") + fault.what());
    }
}

}  // namespace

int available_threads() {
    cpu_set_t allowed;
    int count = static_cast<int>(std::thread::hardware_concurrency());
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
    for (const auto& text : read_along_cgroup("cpu.max")) {
        if (const auto quota = threads_of_quota(text)) count = std::min(count, *quota);
    }
    return std::max(1, count);
}

uint64_t available_memory_bytes() {
    const auto pages = static_cast<uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    uint64_t limit = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    auto texts = read_along_cgroup("memory.max");
    const auto version_1 = read_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", 1 << 12);
    if (version_1.ok()) texts.push_back(*version_1);
    for (const auto& text : texts) {
        if (const auto bytes = number_at_start(text); bytes && *bytes > 0) {
            limit = std::min(limit, *bytes);
        }
    }
    return limit;
}

Status run_parallel(size_t count, int thread_count, const std::function<Status(size_t)>& work) {
    std::vector<Status> results(count);
    std::atomic<size_t> next{0};
    std::atomic<bool> has_failed{false};
    const auto take_turns = [&] {
        while (!has_failed) {
            const size_t index = next.fetch_add(1);
            if (index >= count) return;
            results[index] = call(work, index);
            if (!results[index].ok()) has_failed = true;
        }
    };
    std::vector<std::thread> helpers;
    const size_t helper_count =
        std::min(static_cast<size_t>(std::max(1, thread_count)), std::max<size_t>(count, 1)) - 1;
    try {
        while (helpers.size() < helper_count) helpers.emplace_back(take_turns);
    } catch (const std::system_error&) {
        // No more threads to be had: those there are do the work.
    }
    take_turns();
    for (auto& helper : helpers) helper.join();
    Status faults;
    for (auto& result : results) faults.also(std::move(result));
    return faults;
}

}  // namespace quern
