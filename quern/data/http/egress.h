// Whom a source may talk to. An address that a server hands out (a redirect, a next link) must not
// turn quern against the machine and the network it runs in.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <vector>

#include "quern/base/status.h"
#include "quern/data/http/url.h"

namespace quern::data::http {

// Where a network address leads, from far to near.
enum class Reach {
    world,
    private_network,
    this_machine,
    never,  // link-local and multicast addresses, and those where clouds hand out credentials
};
Reach reach_of(const sockaddr& address);
std::string address_text(const sockaddr& address);

class Egress {
public:
    // `written`: the addresses in the project's own source. `hosts`: the project's `egress:`, such
    // as "api.example" or "*.example"; without it only the hosts of `written` are allowed.
    Egress(const std::vector<Url>& written, std::optional<std::vector<std::string>> hosts);

    // By its name, before it is looked up.
    Status judge(const Url& url) const;
    // By the very address that is about to be connected to.
    Status judge(const Url& url, const sockaddr& address) const;

private:
    bool is_written(const Url& url) const;
    std::vector<Url> written_;
    std::optional<std::vector<std::string>> hosts_;
};

}  // namespace quern::data::http
