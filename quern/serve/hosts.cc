#include "quern/serve/hosts.h"

#include <arpa/inet.h>

#include <algorithm>

#include "quern/base/text.h"

namespace quern::serve {
namespace {

constexpr size_t kHostSizeMax = 255;

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Without the port; empty when it is no host.
std::string_view host_name(std::string_view host) {
    const size_t colon = host.rfind(':');
    const bool is_bracketed = host.starts_with('[');
    if (is_bracketed && host.ends_with(']')) return host;
    if (colon == std::string_view::npos) return host;
    if (!is_port(host.substr(colon + 1))) return {};
    return host.substr(0, colon);
}

bool is_address(std::string_view name) {
    unsigned char bytes[sizeof(in6_addr)];
    if (name.starts_with('[') && name.ends_with(']')) {
        return inet_pton(AF_INET6, std::string(name.substr(1, name.size() - 2)).c_str(), bytes) ==
               1;
    }
    return inet_pton(AF_INET, std::string(name).c_str(), bytes) == 1;
}

}  // namespace

HostList::HostList(const std::vector<std::string>& names) : names_{"localhost"} {
    for (const auto& name : names) names_.push_back(lower_ascii(name));
}

bool HostList::allows(std::string_view host) const {
    const std::string_view name = host_name(host);
    if (name.empty() || name.size() > kHostSizeMax) return false;
    if (is_address(name)) return true;
    return std::ranges::find(names_, lower_ascii(name)) != names_.end();
}

bool HostList::allows_origin(std::string_view origin) const {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme)) return allows(origin.substr(scheme.size()));
    }
    return false;
}

}  // namespace quern::serve
