// The names this server answers to. A page of another site that points its own name at this
// machine (DNS rebinding) is refused by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern::serve {

class HostList {
public:
    explicit HostList(const std::vector<std::string>& names);

    // A Host header: an IP address, localhost or one of the names, with any port.
    bool allows(std::string_view host) const;
    // An Origin header: the same, behind "http://" or "https://".
    bool allows_origin(std::string_view origin) const;

private:
    std::vector<std::string> names_;  // in lower case
};

}  // namespace quern::serve
