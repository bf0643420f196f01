#include "quern/base/clock.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace quern {
namespace {

constexpr int64_t kNotFaked = INT64_MIN;
std::atomic<int64_t> faked_unix_ms{kNotFaked};

}  // namespace

int64_t unix_ms_now() {
    const int64_t faked = faked_unix_ms.load();
    if (faked != kNotFaked) return faked;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string utc_text(int64_t unix_ms) {
    int64_t seconds = unix_ms / 1000;
    int64_t ms = unix_ms % 1000;
    if (ms < 0) {
        ms += 1000;
        --seconds;
    }
    const std::time_t time = seconds;
    std::tm parts{};
    if (::gmtime_r(&time, &parts) == nullptr) return "";
    char text[64];
    const int length =
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                      parts.tm_min, parts.tm_sec, static_cast<int>(ms));
    return {text, static_cast<size_t>(length)};
}

double steady_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

FakeClock::FakeClock(int64_t unix_ms) { faked_unix_ms = unix_ms; }
FakeClock::~FakeClock() { faked_unix_ms = kNotFaked; }
void FakeClock::advance_ms(int64_t ms) { faked_unix_ms += ms; }

}  // namespace quern
