// What the server is told: where it listens, whom it answers, and the limits of all it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quern/base/params.h"
#include "quern/base/status.h"

namespace quern::serve {

struct Limits {
    int64_t body_bytes = 8 << 20;
    int64_t bodies_bytes = 256 << 20;  // of all requests that are being read
    int64_t header_line_bytes = 8 << 10;
    int64_t header_count = 64;
    int64_t url_bytes = 4 << 10;
    int64_t json_depth = 64;
    int64_t rows = 10'000;
    int64_t connections = 1000;
    int64_t header_timeout_ms = 5'000;  // from the first byte of a request to the end of its head
    int64_t body_timeout_ms = 15'000;   // from there to the end of its body
    int64_t write_timeout_ms = 15'000;  // for the client to take the answer
    int64_t idle_timeout_ms = 60'000;   // between two requests
    int64_t stop_timeout_ms = 10'000;   // for requests in flight when the server stops

    static std::vector<Param> params();
};

struct ServerSettings {
    std::string address = "127.0.0.1";
    int64_t port = 8484;             // 0: any free one
    int64_t threads = 0;             // event loops; 0: one a core
    bool open_network = false;       // required for an address that other machines reach
    std::vector<std::string> hosts;  // further names that a request's Host may be
    std::string default_model;       // of /invocations; the only model when there is one
    Limits limits;

    static std::vector<Param> params();
};

// Refuses an address that is not an IP address, and one that other machines reach unless the
// settings say so.
Status check(const ServerSettings& settings);
bool is_loopback(const std::string& address);

}  // namespace quern::serve
