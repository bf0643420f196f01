#include "quern/data/http/egress.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "quern/base/text.h"

namespace quern::data::http {
namespace {

struct Block {
    uint32_t base;
    int bits;
    Reach reach;
};

constexpr uint32_t quad(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}

// The first that holds an address tells where it leads.
constexpr Block kBlocks[] = {
    {quad(100, 100, 100, 200), 32, Reach::never},  // credentials of a cloud
    {quad(168, 63, 129, 16), 32, Reach::never},    // and of another
    {quad(192, 0, 0, 0), 24, Reach::never},        // and of a third
    {quad(169, 254, 0, 0), 16, Reach::never},      // link-local, and of most others
    {quad(0, 0, 0, 0), 8, Reach::never},
    {quad(224, 0, 0, 0), 3, Reach::never},
    {quad(127, 0, 0, 0), 8, Reach::this_machine},
    {quad(10, 0, 0, 0), 8, Reach::private_network},
    {quad(172, 16, 0, 0), 12, Reach::private_network},
    {quad(192, 168, 0, 0), 16, Reach::private_network},
    {quad(100, 64, 0, 0), 10, Reach::private_network},
    {quad(198, 18, 0, 0), 15, Reach::private_network},
};

Reach reach_of_v4(uint32_t address) {
    for (const auto& block : kBlocks) {
        if (((address ^ block.base) >> (32 - block.bits)) == 0) return block.reach;
    }
    return Reach::world;
}

uint32_t v4_at(const unsigned char* bytes) { return quad(bytes[0], bytes[1], bytes[2], bytes[3]); }

Reach reach_of_v6(const unsigned char (&bytes)[16]) {
    const auto begins = [&](std::initializer_list<unsigned char> prefix) {
        return std::equal(prefix.begin(), prefix.end(), bytes);
    };
    const auto is_zero = [](unsigned char byte) { return byte == 0; };
    constexpr size_t kV4At = 12;
    if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}))
        return reach_of_v4(v4_at(bytes + kV4At));
    if (std::all_of(bytes, bytes + 15, is_zero)) {
        return bytes[15] == 1 ? Reach::this_machine : Reach::never;
    }
    // Old address, packed into a new one: there is no honest way to a near one.
    const auto packed = [](uint32_t address) {
        return reach_of_v4(address) == Reach::world ? Reach::world : Reach::never;
    };
    if (std::all_of(bytes, bytes + kV4At, is_zero)) return packed(v4_at(bytes + kV4At));
    if (begins({0, 0x64, 0xff, 0x9b})) return packed(v4_at(bytes + kV4At));
    if (begins({0x20, 0x02})) return packed(v4_at(bytes + 2));
    if (begins({0x20, 0x01, 0, 0})) return Reach::never;        // a tunnel to anywhere
    if (begins({0xfd, 0x00, 0x0e, 0xc2})) return Reach::never;  // credentials of a cloud
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return Reach::never;  // link-local
    if (bytes[0] == 0xff) return Reach::never;
    const bool is_private =
        (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0);
    return is_private ? Reach::private_network : Reach::world;
}

bool matches(const std::string& pattern, const std::string& host) {
    if (!pattern.starts_with("*.")) return lower_ascii(pattern) == host;
    return host.size() >= pattern.size() && host.ends_with(lower_ascii(pattern.substr(1)));
}

// Written so that everybody sees what machine is meant.
bool says_this_machine(const std::string& host) {
    return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
           host == "[::1]";
}

}  // namespace

Reach reach_of(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        return reach_of_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        return reach_of_v6(v6.sin6_addr.s6_addr);
    }
    return Reach::never;
}

std::string address_text(const sockaddr& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return text;
}

Egress::Egress(const std::vector<Url>& written, std::optional<std::vector<std::string>> hosts)
    : written_(written), hosts_(std::move(hosts)) {}

bool Egress::is_written(const Url& url) const {
    return std::ranges::any_of(written_,
                               [&](const Url& own) { return own.origin() == url.origin(); });
}

Status Egress::judge(const Url& url) const {
    if (hosts_) {
        const auto is_it = [&](const auto& pattern) { return matches(pattern, url.host()); };
        if (std::ranges::any_of(*hosts_, is_it)) return {};
        return permission_denied("the project may not talk to " + url.host())
            .hint("if it should, add the host to `egress:` in quern.yml");
    }
    const auto is_host = [&](const Url& own) { return own.host() == url.host(); };
    if (std::ranges::any_of(written_, is_host)) return {};
    return permission_denied("the server leads to another host, " + url.host() +
                             ", which the project does not name")
        .hint("if that is right, list all hosts as `egress: [" +
              (written_.empty() ? "" : written_[0].host() + ", ") + url.host() + "]` in quern.yml");
}

Status Egress::judge(const Url& url, const sockaddr& address) const {
    const Reach reach = reach_of(address);
    const std::string shown = address_text(address);
    if (reach == Reach::world) return {};
    if (reach == Reach::never) {
        return permission_denied(url.host() + " leads to " + shown +
                                 ", an address that no source may read from");
    }
    if (!is_written(url)) {
        return permission_denied(
                   "the server leads to " + url.host() + " (" + shown + "), which is " +
                   (reach == Reach::this_machine ? "this machine" : "in a private network"))
            .hint("only an address that the source itself names may be near");
    }
    if (reach == Reach::this_machine && !says_this_machine(url.host())) {
        return permission_denied(url.host() + " leads to " + shown + ", this machine")
            .hint("if that is right, write it as localhost or 127.0.0.1");
    }
    return {};
}

}  // namespace quern::data::http
