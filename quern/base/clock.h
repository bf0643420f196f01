// The time of day and elapsed time; tests may set the former.
#pragma once

#include <cstdint>
#include <string>

namespace quern {

int64_t unix_ms_now();                  // milliseconds since 1970 UTC
std::string utc_text(int64_t unix_ms);  // 2026-03-01T12:30:00.000Z
inline std::string utc_now() { return utc_text(unix_ms_now()); }
double steady_seconds();  // never goes back; for durations

// While it lives, unix_ms_now() is what it says, in every thread. Not nested.
class FakeClock {
public:
    explicit FakeClock(int64_t unix_ms);
    ~FakeClock();
    FakeClock(const FakeClock&) = delete;
    FakeClock& operator=(const FakeClock&) = delete;
    void advance_ms(int64_t ms);
};

}  // namespace quern
