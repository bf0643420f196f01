#include "quern/serve/settings.h"

#include <arpa/inet.h>

namespace quern::serve {
namespace {

constexpr double kHour = 3'600'000;  // in milliseconds
constexpr double kGigabyte = 1 << 30;

bool is_address(int family, const std::string& text) {
    unsigned char bytes[sizeof(in6_addr)];
    return inet_pton(family, text.c_str(), bytes) == 1;
}

}  // namespace

std::vector<Param> Limits::params() {
    return {
        param("body_bytes", &Limits::body_bytes, "Largest body of a request.").in(1, kGigabyte),
        param("bodies_bytes", &Limits::bodies_bytes, "Bodies held in memory at one time.")
            .in(1, 64 * kGigabyte),
        param("header_line_bytes", &Limits::header_line_bytes, "Longest header line.")
            .in(64, 1 << 20),
        param("header_count", &Limits::header_count, "Most headers of a request.").in(1, 1000),
        param("url_bytes", &Limits::url_bytes, "Longest path and query.").in(16, 64 << 10),
        param("json_depth", &Limits::json_depth, "Deepest nesting of a JSON body.").in(3, 500),
        param("rows", &Limits::rows, "Most rows in one request.").in(1, 10'000'000),
        param("connections", &Limits::connections, "Most connections at one time.")
            .in(1, 1'000'000),
        param("header_timeout_ms", &Limits::header_timeout_ms,
              "From a request's first byte to the end of its head.")
            .in(1, kHour),
        param("body_timeout_ms", &Limits::body_timeout_ms,
              "From the end of the head to the end of the body.")
            .in(1, kHour),
        param("write_timeout_ms", &Limits::write_timeout_ms, "For the client to take an answer.")
            .in(1, kHour),
        param("idle_timeout_ms", &Limits::idle_timeout_ms,
              "How long a connection may rest between two requests.")
            .in(1, kHour),
        param("stop_timeout_ms", &Limits::stop_timeout_ms,
              "What requests in flight get when the server stops.")
            .in(0, kHour),
    };
}

std::vector<Param> ServerSettings::params() {
    return {
        param("address", &ServerSettings::address, "IP address to listen on."),
        param("port", &ServerSettings::port, "Port to listen on; 0 takes a free one.").in(0, 65535),
        param("threads", &ServerSettings::threads, "Event loops; 0 is one a core.").in(0, 256),
        param("open_network", &ServerSettings::open_network,
              "Allows an address that other machines reach, without encryption."),
        param("hosts", &ServerSettings::hosts,
              "Names by which clients call this server, besides IP addresses and localhost."),
        param("default_model", &ServerSettings::default_model,
              "The model of /invocations; the only one when there is one."),
        param("limits", &ServerSettings::limits, "Sizes and times."),
    };
}

bool is_loopback(const std::string& address) {
    return address == "::1" || (is_address(AF_INET, address) && address.starts_with("127."));
}

Status check(const ServerSettings& settings) {
    const std::string& address = settings.address;
    if (!is_address(AF_INET, address) && !is_address(AF_INET6, address)) {
        return invalid_argument("'" + address + "' is not an IP address")
            .hint("127.0.0.1 for this machine, 0.0.0.0 for every network it is in");
    }
    if (is_loopback(address) || settings.open_network) return {};
    return failed_precondition("'" + address + "' is reached by other machines, and what travels " +
                               "there is not encrypted")
        .hint("put a TLS proxy in front of 127.0.0.1, or allow it with --open-network");
}

}  // namespace quern::serve
