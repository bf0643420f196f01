#include "quern/base/restricted.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace quern {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the calls of this processor's kernel are not known"
#endif

// What computing on memory takes, and reading and writing what is open.
constexpr long kAllowed[] = {__NR_read,       __NR_write,         __NR_munmap,      __NR_mremap,
                             __NR_brk,        __NR_madvise,       __NR_futex,       __NR_exit,
                             __NR_exit_group, __NR_clock_gettime, __NR_rt_sigreturn};
// Memory, as long as nothing in it can be run.
constexpr long kAllowedUnlessRun[] = {__NR_mmap, __NR_mprotect};

sock_filter statement(uint32_t code, uint32_t value) {
    return {static_cast<uint16_t>(code), 0, 0, value};
}
// Skips the next statement unless the number that was loaded is `value`.
sock_filter unless_equal(uint32_t value) { return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value}; }

std::vector<sock_filter> make_filter() {
    const auto load = [](size_t offset) {
        return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
    };
    const auto answer = [](uint32_t what) { return statement(BPF_RET | BPF_K, what); };
    std::vector<sock_filter> filter{load(offsetof(seccomp_data, arch)),
                                    {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, kArchitecture},
                                    answer(SECCOMP_RET_KILL_PROCESS),
                                    load(offsetof(seccomp_data, nr))};
    for (const long call : kAllowed) {
        filter.push_back(unless_equal(static_cast<uint32_t>(call)));
        filter.push_back(answer(SECCOMP_RET_ALLOW));
    }
    for (const long call : kAllowedUnlessRun) {
        filter.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 4, static_cast<uint32_t>(call)});
        filter.push_back(load(offsetof(seccomp_data, args[2])));
        filter.push_back({BPF_JMP | BPF_JSET | BPF_K, 0, 1, PROT_EXEC});
        filter.push_back(answer(SECCOMP_RET_KILL_PROCESS));
        filter.push_back(answer(SECCOMP_RET_ALLOW));
    }
    filter.push_back(answer(SECCOMP_RET_KILL_PROCESS));
    return filter;
}

Status failed(std::string_view doing) {
    return unavailable("a restricted process cannot be had: " + std::string(doing) + ": " +
                       strerror(errno));
}

// Bytes of data that the process holds now.
uint64_t data_bytes() {
    char text[256] = {};
    const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t size = file < 0 ? 0 : ::read(file, text, sizeof(text) - 1);
    if (file >= 0) ::close(file);
    unsigned long pages = 0;
    if (size <= 0 || std::sscanf(text, "%*u %*u %*u %*u %*u %lu", &pages) != 1) return 0;
    return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool set_limit(int what, uint64_t value) {
    const rlimit limit{value, value};
    return ::setrlimit(static_cast<__rlimit_resource>(what), &limit) == 0;
}

// Reads until the end; false where that took too long or was too much.
bool read_all(int from, const RestrictedLimits& limits, std::string& bytes) {
    const auto end = Clock::now() + std::chrono::seconds(limits.seconds);
    char buffer[1 << 16];
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0 || bytes.size() > limits.output_bytes_max) return false;
        pollfd waiting{from, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(left));
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        if (ready < 0) return true;
        const ssize_t count = ::read(from, buffer, sizeof(buffer));
        if (count == 0 || (count < 0 && errno != EINTR)) return true;
        if (count > 0) bytes.append(buffer, static_cast<size_t>(count));
    }
}

// What spawn is told to do; freed in any case.
struct Actions {
    posix_spawn_file_actions_t actions;
    Actions() { posix_spawn_file_actions_init(&actions); }
    ~Actions() { posix_spawn_file_actions_destroy(&actions); }
};

Status ended_by(int signal, const RestrictedLimits& limits) {
    if (signal == SIGXCPU || signal == SIGKILL)
        return resource_exhausted("reading the file takes longer than " +
                                  std::to_string(limits.seconds) + " s");
    if (signal == SIGSYS)
        return corrupt("reading the file would do what no reader may; it was stopped");
    return corrupt("reading the file ended by signal " + std::to_string(signal));
}

}  // namespace

Result<std::string> run_restricted(const std::vector<std::string>& arguments, int input,
                                   const RestrictedLimits& limits) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe");
    Actions how;
    posix_spawn_file_actions_adddup2(&how.actions, input, 0);
    posix_spawn_file_actions_adddup2(&how.actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&how.actions, 2, "/dev/null", O_WRONLY, 0);
    std::string self = "/proc/self/exe";
    std::vector<char*> words{self.data()};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    char* none[] = {nullptr};
    pid_t child = 0;
    const int fault =
        ::posix_spawn(&child, self.c_str(), &how.actions, nullptr, words.data(), none);
    ::close(ends[1]);
    std::string output;
    const bool is_done = fault == 0 && read_all(ends[0], limits, output);
    ::close(ends[0]);
    if (fault != 0) {
        errno = fault;
        return failed("start");
    }
    if (!is_done) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (output.size() > limits.output_bytes_max)
        return resource_exhausted("what is read from the file is larger than " +
                                  std::to_string(limits.output_bytes_max) + " bytes");
    if (WIFSIGNALED(status)) return ended_by(WTERMSIG(status), limits);
    return output;
}

Status restrict_this_process(const RestrictedLimits& limits) {
    ::prctl(PR_SET_DUMPABLE, 0);
    bool is_limited = set_limit(RLIMIT_CPU, static_cast<uint64_t>(limits.seconds)) &&
                      set_limit(RLIMIT_FSIZE, 0) && set_limit(RLIMIT_CORE, 0) &&
                      set_limit(RLIMIT_NOFILE, 0);
    if (kIsSanitized) return is_limited ? Status() : failed("limits");
    is_limited = is_limited && set_limit(RLIMIT_DATA, data_bytes() + limits.memory_bytes) &&
                 set_limit(RLIMIT_NPROC, 0);
    if (!is_limited) return failed("limits");
    auto filter = make_filter();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return failed("filter of system calls");
    return {};
}

}  // namespace quern
