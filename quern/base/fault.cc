#include "quern/base/fault.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace quern {
namespace {

struct Wanted {
    std::string name;
    int nth = 0;  // 0: no fault is wanted
};

Wanted wanted_from_environment() {
    const char* text = std::getenv("QUERN_KILL_AT");
    if (text == nullptr) return {};
    const std::string value = text;
    const size_t colon = value.find(':');
    if (colon == std::string::npos) return {value, 1};
    return {value.substr(0, colon),
            static_cast<int>(std::strtol(value.c_str() + colon + 1, nullptr, 10))};
}

}  // namespace

void fault_point(std::string_view name) {
    static const Wanted wanted = wanted_from_environment();
    if (wanted.nth == 0 || name != wanted.name) return;
    static std::atomic<int> passed{0};
    if (++passed == wanted.nth) ::kill(::getpid(), SIGKILL);
}

}  // namespace quern
